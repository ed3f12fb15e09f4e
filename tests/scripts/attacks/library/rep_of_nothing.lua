-- Repeats nothing very often.
-- outcome: held
return { fetch = function(request, env, ctx)
    assert(#string.rep("", math.maxinteger) == 0)
    assert(#string.rep("", math.maxinteger, "") == 0)
    return Response.new("held")
end }
