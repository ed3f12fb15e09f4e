-- Yields out of every event, each resumed with something odd.
-- outcome: held
return { fetch = function(request, env, ctx)
    local events = { "__index", "__newindex", "__add", "__eq", "__lt", "__le",
                     "__call", "__len", "__unm", "__close", "__pairs",
                     "__tostring", "__name", "__bnot", "__shl" }
    local mt = {}
    for _, name in ipairs(events) do
        mt[name] = function(...) return coroutine.yield(name, ...) end
    end
    local acts = {
        function(t) return t.x end, function(t) t.x = 1 end,
        function(t) return t + 1 end, function(t, u) return t == u end,
        function(t, u) return t < u end, function(t, u) return t <= u end,
        function(t) return t(1) end, function(t) return #t end,
        function(t) return -t end, function(t) return ~t end,
        function(t) return t << 1 end, function(t) local c <close> = t end,
        function(t) for _ in pairs(t) do break end end,
        function(t) return tostring(t) end,
        function(t) return table.concat(t) end,
        function(t) return #t .. "x" end,
        function(t) table.sort(t) end, function(t) table.insert(t, 1) end,
        function(t, u) return ("x"):gsub("x", t), u end,
        function(t) return string.format("%s", t) end }
    for _, act in ipairs(acts) do
        local co = coroutine.create(act)
        local a, b = setmetatable({}, mt), setmetatable({}, mt)
        coroutine.resume(co, a, b)
        for _, v in ipairs { 1, "x", {}, a, print } do
            if coroutine.status(co) ~= "suspended" then break end
            coroutine.resume(co, v, a, b)
        end
    end
    return Response.new("held")
end }
