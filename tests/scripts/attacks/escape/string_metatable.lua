-- The strings' metatable is out of reach.
-- outcome: held
return { fetch = function(request, env, ctx)
    assert(getmetatable("") == nil and getmetatable(1) == nil)
    assert(not pcall(setmetatable, "", {}))
    assert(("x").dump == nil and string.dump == nil)
    return Response.new("held")
end }
