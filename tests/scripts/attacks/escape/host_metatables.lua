-- The host's objects keep their metatables.
-- outcome: held
return { fetch = function(request, env, ctx)
    for name, o in pairs { request = request, env = env, ctx = ctx,
                           headers = request.headers, class = Headers,
                           response = Response.new("x") } do
        local mt = getmetatable(o)
        if type(mt) == "table" then
            return Response.new("ESCAPED: metatable of " .. name)
        end
        if pcall(setmetatable, o, {}) and type(o) ~= "table" then
            return Response.new("ESCAPED: new metatable for " .. name)
        end
    end
    return Response.new("held")
end }
