-- Lengths and next of tables that are nearly empty.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local t = {}
    for i = 1, 200000 do t[i] = i end
    for i = 1, 199999 do t[i] = nil end
    while true do
        local _ = #t
        next(t)
        for _ in pairs(t) do end
    end
end }
