-- next() over a table whose keys are all gone.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local t = {}
    for i = 1, 200000 do t[i .. ""] = i end
    for k in pairs(t) do t[k] = nil end
    local n = 0
    while true do if next(t) == nil then n = n + 1 end end
end }
