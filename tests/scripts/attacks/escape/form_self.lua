-- Methods and fields of forms, files, parameters and URLs on objects that are none.
-- outcome: held
return { fetch = function(request, env, ctx)
    local form, params, url = FormData.new(), URLSearchParams.new(), URL.new("http://a/")
    form:append("f", { data = "x" })
    local file = form:get("f")
    local objects = { form, params, url, file, request, request.headers, {}, "x", 1, print,
        setmetatable({}, { __name = "FormData", __index = form }) }
    for _, of in ipairs { form, params, url, file } do
        for _, name in ipairs { "append", "set", "get", "getAll", "has", "delete", "entries", "keys", "values", "sort",
            "toString", "text", "bytes", "arrayBuffer" } do
            local method = of[name]
            for _, self in ipairs(objects) do
                if method and self ~= of then
                    assert(not pcall(method, self, "a", "b"), name)
                end
            end
        end
        assert(not pcall(setmetatable, of, {}))
        assert(not pcall(rawset, of, "x", 1))
        assert(not pcall(next, of))
        assert(getmetatable(of) == nil)
        assert(not pcall(function() of.nothing = 1 end))
    end
    assert(not pcall(request.formData, form))
    return Response.new("held")
end }
