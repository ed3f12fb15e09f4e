-- Sizes that would overflow.
-- outcome: held
return { fetch = function(request, env, ctx)
    assert(not pcall(string.rep, "abc", math.maxinteger))
    assert(not pcall(string.rep, "abc", math.maxinteger // 2, "defg"))
    assert(not pcall(string.rep, "x", 1 << 62, "y"))
    return Response.new("held")
end }
