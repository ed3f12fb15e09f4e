-- Methods of the classes on anything but their objects.
-- outcome: held
return { fetch = function(request, env, ctx)
    local methods, element = {}, nil
    local rw = HTMLRewriter.new():on("b", { element = function(el)
        element = el
        for _, name in ipairs({ "before", "after", "replace", "remove", "append",
            "setAttribute", "getAttribute", "attributes", "onEndTag" }) do
            methods[name] = el[name]
        end
        for _, o in ipairs({ {}, "x", 1, rw, request, env, ctx, io, print,
            coroutine.create(print), setmetatable({}, { __index = el }) }) do
            for name, f in pairs(methods) do
                assert(not pcall(f, o, "x", "y"), name)
            end
        end
        assert(not pcall(setmetatable, el, {}))
        assert(getmetatable(el) == false or getmetatable(el) == nil)
    end })
    local text = rw:transform(Response.new("<b>")):text()
    return Response.new(text == "<b>" and "held" or "ESCAPED " .. text)
end }
