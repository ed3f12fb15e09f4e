-- Numeric loops at the ends of the integers take as many turns as they should.
-- outcome: held or cpu
return { fetch = function(request, env, ctx)
    local max, min = math.maxinteger, math.mininteger
    local function turns(a, b, c)
        local n = 0
        for _ = a, b, c do
            n = n + 1
            if n > 10 then break end
        end
        return n
    end
    assert(turns(max - 1, max, 1) == 2)
    assert(turns(max, max, max) == 1)
    assert(turns(min, min + 1, 1) == 2)
    assert(turns(min + 1, min, -1) == 2)
    assert(turns(min, max, max) == 3)
    assert(turns(max, min, min) == 2)
    assert(turns(min, max, min) == 0)
    assert(turns(1, math.huge, max) == 1)
    assert(turns(-1, -math.huge, min) == 1)
    assert(turns(1, 0 / 0, 1) == 0)
    assert(turns(1.0, 2.0 ^ 53, 2.0 ^ 52) == 3)
    assert(turns(2.0 ^ 53, math.huge, 1.0) == 11)
    assert(not pcall(turns, 1, 2, 0))
    assert(not pcall(turns, 1, 2, 0.0))
    return Response.new("held")
end }
