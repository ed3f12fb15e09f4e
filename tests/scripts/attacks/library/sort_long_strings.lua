-- Compares long strings while sorting.
-- outcome: exception or cpu or memory
return { fetch = function(request, env, ctx)
    local t = {}
    for i = 1, 40 do t[i] = ("x"):rep(100000) .. (i * 7 % 41) end
    while true do table.sort(t, function(a, b) return a > b end) table.sort(t) end
end }
