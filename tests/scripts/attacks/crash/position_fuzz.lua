-- Positions at and beyond every edge.
-- outcome: held
return { fetch = function(request, env, ctx)
    local edges = { 0, 1, -1, 3, -3, 4, -4, 5, 1 << 31, -(1 << 31), math.maxinteger,
                    math.mininteger, math.maxinteger - 1, math.mininteger + 1 }
    for _, i in ipairs(edges) do
        for _, j in ipairs(edges) do
            pcall(string.sub, "abc", i, j)
            pcall(string.byte, "abc", i, j)
            pcall(string.find, "abc", "b", i, true)
            pcall(string.rep, "", i, "")
            pcall(string.unpack, "b", "abc", i)
            pcall(table.unpack, { 1, 2 }, i, j)
            pcall(table.concat, { 1, 2 }, ",", i, j)
            pcall(table.move, { 1, 2 }, i, j, i)
            pcall(table.insert, { 1, 2 }, i, j)
            pcall(table.remove, { 1, 2 }, i)
            pcall(utf8.len, "abc", i, j)
            pcall(utf8.codepoint, "abc", i, j)
            pcall(utf8.offset, "abc", i, j)
            pcall(select, i, 1, 2)
            pcall(math.random, i, j)
            pcall(os.date, "%c", i)
            pcall(os.time, { year = i, month = j, day = 1 })
        end
    end
    return Response.new("held")
end }
