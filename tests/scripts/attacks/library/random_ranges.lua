-- Ranges at the edge of the integers.
-- outcome: held
return { fetch = function(request, env, ctx)
    for i = 1, 2000 do
        math.random(math.mininteger, math.maxinteger)
        math.random(math.maxinteger)
        math.random(0)
        assert(not pcall(math.random, 5, 1))
    end
    return Response.new("held")
end }
