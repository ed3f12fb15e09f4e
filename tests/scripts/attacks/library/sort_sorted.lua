-- Orders that are worst for the choice of the pivot.
-- outcome: cpu or exception
return { fetch = function(request, env, ctx)
    local n, t = 30000, {}
    while true do
        for i = 1, n do t[i] = i < n / 2 and i or n - i end
        pcall(table.sort, t)
        for i = 1, n do t[i] = i % 2 == 0 and -i or i end
        pcall(table.sort, t, function(a, b) return b < a end)
        for i = 1, n do t[i] = 1 end
        pcall(table.sort, t)
    end
end }
