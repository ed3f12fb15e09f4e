-- Integers, floats, bit operations, conversions.
-- outcome: held
return { fetch = function(request, env, ctx)
    assert(7 // 2 == 3 and -7 // 2 == -4 and 7 % -3 == -2 and 2 ^ 10 == 1024.0)
    assert(0xff & 0x0f == 15 and 1 << 62 == 4611686018427387904 and ~0 == -1)
    assert(math.type(3) == "integer" and math.type(3.0) == "float")
    assert("10" + 5 == 15 and tonumber("0x1p4") == 16.0 and tonumber("z", 36) == 35)
    assert(math.maxinteger + 1 == math.mininteger)
    assert(string.pack("<i4", 7):byte(1) == 7)
    assert(string.unpack(">I2", "\1\2") == 258)
    return Response.new("held")
end }
