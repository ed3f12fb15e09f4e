-- Objects of the host show no metatable and take none.
-- outcome: held
return { fetch = function(request, env, ctx)
    local objects = { request, request.headers, ctx, env, Response.new("x"),
                      Response.new("x").headers, URL.new("http://a.example/"),
                      URL.new("http://a.example/").searchParams, json.null,
                      Headers.new(), URLSearchParams.new(""), FormData.new() }
    for i, o in ipairs(objects) do
        local mt = getmetatable(o)
        assert(mt == nil or mt == false or type(mt) == "string"
               or i == 4, i .. type(mt))
        if type(o) == "userdata" then
            assert(not pcall(setmetatable, o, {}))
            assert(not pcall(rawset, o, "x", 1) and not pcall(rawget, o, "x"))
            assert(not pcall(next, o) and not pcall(rawlen, o))
        end
        pcall(function() o.__index = { get = print } end)
        pcall(function() o.__gc = print end)
        local ok, v = pcall(function() return o.__index end)
        assert(not ok or v == nil or i == 4, i)
        ok, v = pcall(function() return o.__gc or o.__metatable or o.__name end)
        assert(not ok or type(v) ~= "table" and type(v) ~= "function", i)
    end
    return Response.new("held")
end }
