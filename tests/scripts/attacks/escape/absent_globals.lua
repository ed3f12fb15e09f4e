-- What must not be there.
-- outcome: held
return { fetch = function(request, env, ctx)
    for _, name in ipairs { "io", "package", "dofile", "loadfile", "warn", "arg",
                            "newproxy", "setfenv", "getfenv", "module",
                            "loadstring", "unpack", "jit", "ffi", "bit32" } do
        if _G[name] ~= nil then return Response.new("ESCAPED: " .. name) end
    end
    for _, name in ipairs { "execute", "exit", "getenv", "remove", "rename",
                            "tmpname", "setlocale", "clock" } do
        if os[name] ~= nil then return Response.new("ESCAPED: os." .. name) end
    end
    for name in pairs(debug) do
        if name ~= "traceback" then
            return Response.new("ESCAPED: debug." .. name)
        end
    end
    assert(coroutine.close == nil)
    return Response.new("held")
end }
