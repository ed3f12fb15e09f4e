-- Texts that look like numbers, and do not.
-- outcome: held
return { fetch = function(request, env, ctx)
    for _, s in ipairs { "", " ", "0x", "1e", "1e+", ".", "0x.p1", "1 2", "1\0",
                         "inf", "nan", "-inf", "0b1", "1_000", "+-1", "- 1",
                         "0x1p", "١", "1f", "0xg", "1..2" } do
        assert(tonumber(s) == nil, s)
        assert(not pcall(function() return s + 1 end), s)
        assert(not pcall(function() return s | 1 end), s)
    end
    assert(" 10 " + 1 == 11 and "0x10" + 0 == 16 and "1e1" * 1 == 10.0)
    assert("9223372036854775807" + 0 == math.maxinteger)
    assert(math.type("9223372036854775808" + 0) == "float")
    assert("0xffffffffffffffffff" + 0 == -1)
    assert("10" // "3" == 3 and "7" % "-3" == -2 and "2" ^ "3" == 8.0)
    assert(not pcall(function() return "1.5" | 0 end))
    assert(10 .. 20 == "1020")
    assert(tonumber("zz", 36) == 1295 and tonumber("8", 8) == nil)
    assert(tonumber("7fffffffffffffff", 16) == math.maxinteger)
    assert(tonumber("1" .. ("0"):rep(64), 2) == 0)
    assert(not pcall(tonumber, "1", 1) and not pcall(tonumber, "1", 37))
    assert(not pcall(tonumber, 1, 10) and not pcall(tonumber))
    return Response.new("held")
end }
