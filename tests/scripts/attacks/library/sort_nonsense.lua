-- Comparators that contradict themselves, answer at random, or always yes.
-- outcome: held or exception
return { fetch = function(request, env, ctx)
    local function list(n)
        local t = {}
        for i = 1, n do t[i] = (i * 7919) % n end
        return t
    end
    for _, less in ipairs {
        function() return true end, function() return false end,
        function() return math.random(2) == 1 end,
        function(a, b) return a ~= b end, function(a, b) return a <= b end,
        function(a, b) return a > b or a < b end,
        function(a, b) return (a - b) % 3 == 1 end, function() return nil end,
        function() return 0 end } do
        for _, n in ipairs { 1, 2, 3, 4, 10, 101, 1000 } do
            local t = list(n)
            pcall(table.sort, t, less)
            local seen = 0
            for i = 1, n do
                if t[i] ~= nil then seen = seen + 1 end
            end
            assert(seen == n)
        end
    end
    assert(not pcall(table.sort, { 1, "x" }))
    assert(not pcall(table.sort, { {}, {} }))
    assert(not pcall(table.sort, { 2, 1 }, 1))
    assert(pcall(table.sort, { 0 / 0, 1 }))
    return Response.new("held")
end }
