-- Integers at their ends, in every operator.
-- outcome: held
return { fetch = function(request, env, ctx)
    local max, min = math.maxinteger, math.mininteger
    assert(max + 1 == min and min - 1 == max and -min == min)
    assert(min // -1 == min and min % -1 == 0 and max // -1 == -max)
    assert(math.fmod(min, -1) == 0 and math.fmod(-6, 4) == -2)
    assert(math.abs(min) == min and math.ult(max, min))
    assert(not pcall(function() return 1 // 0 end))
    assert(not pcall(function() return 1 % 0 end))
    assert(not pcall(math.fmod, 1, 0) and math.fmod(1, 0.0) ~= 0)
    assert(1 // 0.0 == math.huge and 5.0 % -math.huge == -math.huge)
    assert(1 << 64 == 0 and 1 << 63 == min and 1 >> -63 == min)
    assert(1 << min == 0 and -1 >> max == 0 and 1 << -64 == 0)
    assert(max < max + 1.0 and min <= min + 0.0 and max + 0.0 == 2.0 ^ 63)
    assert(not pcall(function() return 2.0 ^ 63 | 0 end))
    assert(-(2.0 ^ 63) | 0 == min)
    assert(math.tointeger(2.0 ^ 63) == nil and math.tointeger("8") == nil
           or math.tointeger("8") == 8)
    assert(math.floor(-1e300) == -1e300 and math.ceil(0.5) == 1)
    for _ = 1, 100 do
        local n = math.random(min, max)
        assert(math.type(n) == "integer" and math.random(0) ~= nil)
        assert(math.random(max, max) == max)
    end
    assert(not pcall(math.random, 0 / 0) and not pcall(math.random, 2, 1))
    assert(not pcall(math.random, 1, 2, 3))
    return Response.new("held")
end }
