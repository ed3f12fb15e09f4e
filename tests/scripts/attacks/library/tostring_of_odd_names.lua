-- __name and __tostring that are no strings.
-- outcome: held
return { fetch = function(request, env, ctx)
    local t = setmetatable({}, { __name = 5 })
    assert(tostring(t):find("^table: "))
    t = setmetatable({}, { __name = ("n"):rep(100000) })
    assert(#tostring(t) > 100000)
    for _, v in ipairs { 1, {}, true, print } do
        t = setmetatable({}, { __tostring = function() return v end })
        assert(not pcall(tostring, t) or type(tostring(t)) == "string")
        assert(not pcall(string.format, "%s", t)
               or type(string.format("%s", t)) == "string")
    end
    t = setmetatable({}, { __tostring = 1 })
    assert(not pcall(tostring, t))
    t = setmetatable({}, { __tostring = coroutine.yield })
    assert(not pcall(tostring, t))
    return Response.new("held")
end }
