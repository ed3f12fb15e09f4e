-- Yields out of functions of parallel, from wherever they can be tried.
-- outcome: held
return { fetch = function(request, env, ctx)
    local yield, wrap = coroutine.yield, coroutine.wrap
    local tries = {
        function() yield("out") end,
        function() pcall(yield, "out") error("held") end,
        function() return select(2, pcall(wrap(yield), "out")) end,
        function() local t <close> = setmetatable({}, { __close = yield }) end,
        function() return setmetatable({}, { __index = yield }).x end,
        function() for x in yield do end end,
        yield,
    }
    for i, f in ipairs(tries) do
        local ok, v = pcall(parallel, f, function() scheduler.wait(1) return 7 end)
        if ok and i ~= 3 then return Response.new("ESCAPED: " .. i) end
    end
    local a, b = parallel(function() return 1 end, function() scheduler.wait(1) return 2 end)
    return Response.new(a == 1 and b == 2 and "held" or "ESCAPED: results")
end }
