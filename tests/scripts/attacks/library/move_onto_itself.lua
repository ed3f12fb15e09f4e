-- Overlapping moves, up and down.
-- outcome: held
return { fetch = function(request, env, ctx)
    local function list(n)
        local t = {}
        for i = 1, n do t[i] = i end
        return t
    end
    for from = 1, 6 do
        for to = from, 8 do
            for at = 1, 9 do
                local t, copy = list(8), list(8)
                for i = from, to do copy[at + i - from] = i end
                table.move(t, from, to, at)
                for i = 1, 20 do assert(t[i] == copy[i]) end
            end
        end
    end
    local max, min = math.maxinteger, math.mininteger
    assert(not pcall(table.move, {}, min, max, 1))
    assert(not pcall(table.move, {}, 1, max, 2))
    assert(not pcall(table.move, {}, -1, max, 1))
    assert(not pcall(table.move, {}, 1, 10, max - 5))
    assert(#table.move({ 1, 2 }, 1, 0, max) == 2)
    assert(table.move({ 7 }, 1, 1, max)[max] == 7)
    assert(table.move({ [min] = 8 }, min, min, min + 1)[min + 1] == 8)
    return Response.new("held")
end }
