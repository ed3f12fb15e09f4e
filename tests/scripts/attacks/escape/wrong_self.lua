-- Methods of the host on objects that are none.
-- outcome: held
return { fetch = function(request, env, ctx)
    local h = request.headers
    for _, self in ipairs { {}, "x", 1, coroutine.create(print), print,
                            setmetatable({}, { __name = "Headers" }) } do
        assert(not pcall(h.get, self, "host"))
        assert(not pcall(request.text, self))
        assert(not pcall(ctx.waitUntil, self, print))
    end
    assert(not pcall(h.get))
    return Response.new("held")
end }
