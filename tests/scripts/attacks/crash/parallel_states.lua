-- Tasks and groups in every wrong state.
-- outcome: held
return { fetch = function(request, env, ctx)
    local outer
    parallel(function()
        outer = coroutine.running()
        assert(not coroutine.resume(outer))
        assert(coroutine.status(outer) == "running")
        local again = coroutine.wrap(function()
            assert(coroutine.status(outer) == "normal")
            parallel(function()
                assert(not coroutine.resume(outer))
                scheduler.wait(1)
            end, function() coroutine.wrap(function() scheduler.wait(1) end)() end)
            coroutine.yield()
        end)
        again() again()
        pcall(again)
    end)
    assert(coroutine.status(outer) == "dead" and not coroutine.resume(outer))
    for i = 1, 50 do
        pcall(parallel, function() error(setmetatable({}, { __tostring = error })) end,
            function() local x <close> = setmetatable({}, { __close = function()
                scheduler.wait(0) error("closing") end }) scheduler.wait(0) error("first") end,
            function() return (" "):rep(10):gsub(" ", function() scheduler.wait(0) end) end)
    end
    pcall(parallel, parallel, pcall, coroutine.yield, coroutine.running, print)
    local f = {}
    for i = 1, 1000 do f[i] = function() scheduler.wait(i % 3) return i end end
    local r = { parallel(table.unpack(f)) }
    return Response.new(#r == 1000 and r[1000] == 1000 and "held" or "ESCAPED: lost")
end }
