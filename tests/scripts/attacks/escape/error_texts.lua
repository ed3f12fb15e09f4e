-- Error texts of the host tell no path, address or name of its own.
-- outcome: held
return { fetch = function(request, env, ctx)
    local texts = {}
    for _, f in ipairs {
        function() error("x", 2) end, function() request:nothing() end,
        function() return request.headers:get({}) end,
        function() return Headers.new(5) end, function() env.x = 1 end,
        function() return Response.new(1, { status = 1 }) end,
        function() return URL.new("::") end, function() require("no") end,
        function() return json.decode("{") end, function() request.x = 1 end,
        function() return ("x"):rep(1 << 60) end, function() return nil + 1 end,
        function() return load("x = = 1", "=c")() end,
        function() setmetatable({}, { __gc = print }) end,
        function() return fetch("file:///etc/passwd") end } do
        local ok, e = pcall(f)
        texts[#texts + 1] = ok and "" or tostring(e)
        texts[#texts + 1] = debug.traceback(tostring(e))
    end
    local all = table.concat(texts, "\n")
    for _, bad in ipairs { "/usr", "/lib", "/var", "/root", "/home", "0x%x%x%x",
                           "%.c:%d", "lua_runtime", "userdata: 0",
                           "registry" } do
        local at = all:find(bad)
        assert(not at, all:sub((at or 1) - 40, (at or 1) + 40))
    end
    return Response.new("held")
end }
