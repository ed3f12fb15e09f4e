-- Lists whose length is told wrong.
-- outcome: held or cpu
return { fetch = function(request, env, ctx)
    for _, n in ipairs { math.maxinteger, math.maxinteger - 1, 1 << 40, -1,
                         math.mininteger, 2.0 ^ 53 } do
        local t = setmetatable({}, { __len = function() return n end })
        pcall(table.insert, t, "x")
        pcall(table.insert, t, 1, "x")
        pcall(table.remove, t)
        pcall(table.remove, t, n)
        pcall(table.remove, t, n + 1)
        pcall(table.sort, t)
        pcall(table.concat, t)
        pcall(table.unpack, t)
    end
    for _, n in ipairs { "x", 1.5, {}, print, 0 / 0, 2 ^ 63 } do
        local t = setmetatable({}, { __len = function() return n end })
        for _, name in ipairs { "insert", "remove", "concat" } do
            assert(not pcall(table[name], t))
        end
        assert(not pcall(table.sort, t) and not pcall(table.unpack, t))
    end
    return Response.new("held")
end }
