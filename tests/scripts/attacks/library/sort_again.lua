-- Sorts a large table again and again.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    local t = {}
    while true do
        for i = 1, 100000 do t[i] = (i * 7907) % 100003 end
        table.sort(t)
    end
end }
