-- Methods of one class with objects of every other.
-- outcome: held
return { fetch = function(request, env, ctx)
    local objects = { request, request.headers, ctx, Response.new("x"),
                      URL.new("http://a.example/"), Headers.new(),
                      URLSearchParams.new("a=b"), FormData.new(), json.null,
                      Response.new("x").body, {}, "x", 5,
                      setmetatable({}, { __name = "Request",
                                         __index = request }) }
    local names = { "get", "set", "append", "delete", "has", "entries", "keys",
                    "text", "json", "clone", "read", "tee", "cancel", "chunks",
                    "toString", "waitUntil", "passThroughOnException" }
    local methods = {}
    for _, o in ipairs(objects) do
        for _, name in ipairs(names) do
            local ok, m = pcall(function() return o[name] end)
            if ok and type(m) == "function" then methods[m] = o end
        end
    end
    for m, owner in pairs(methods) do
        for _, o in ipairs(objects) do
            if o ~= owner then
                local ok, e = pcall(m, o, "a", "b")
                assert(ok or e ~= nil)
            end
        end
        assert(not pcall(m))
    end
    return Response.new("held")
end }
