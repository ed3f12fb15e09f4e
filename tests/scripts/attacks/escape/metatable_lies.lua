-- Metatables that tell lies about their objects.
-- outcome: held
return { fetch = function(request, env, ctx)
    local t = setmetatable({}, { __metatable = { __gc = print }, __name = "Request" })
    assert(type(t) == "table")
    assert(not pcall(setmetatable, t, nil))
    assert(not pcall(request.text, t))
    local own = getmetatable(t)
    assert(type(own) == "table" and own.__gc == print)
    return Response.new("held")
end }
