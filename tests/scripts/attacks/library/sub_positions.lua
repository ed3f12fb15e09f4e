-- Positions at the ends of the integers.
-- outcome: held
return { fetch = function(request, env, ctx)
    local s, max, min = "position", math.maxinteger, math.mininteger
    for _, i in ipairs { min, min + 1, -9, -8, -1, 0, 1, 8, 9, max - 1, max } do
        for _, j in ipairs { min, -9, -8, -1, 0, 1, 8, 9, max } do
            local part = s:sub(i, j)
            assert(#part <= 8 and s:find(part, 1, true))
            local n = select("#", s:byte(i, j))
            assert(n == #part)
        end
        assert(#s:sub(i) <= 8)
        pcall(s.find, s, "o", i)
        pcall(s.match, s, "(o)()", i)
        pcall(s.gmatch, s, ".", i)
        pcall(s.unpack, "b", s, i)
        pcall(utf8.offset, s, 1, i)
        pcall(utf8.codepoint, s, i, max)
        pcall(utf8.len, s, i, max)
    end
    return Response.new("held")
end }
