-- Coroutines resumed by themselves, by their children, dead and running.
-- outcome: held
return { fetch = function(request, env, ctx)
    local co
    co = coroutine.create(function()
        local ok, e = coroutine.resume(co)
        assert(not ok and e:find("non-suspended", 1, true))
        local child = coroutine.create(function()
            assert(coroutine.status(co) == "normal")
            return coroutine.resume(co)
        end)
        local _, ok2 = coroutine.resume(child)
        assert(ok2 == false)
        assert(not pcall(coroutine.wrap(function() return co end), co) or true)
        coroutine.yield(1)
        error(co)
    end)
    assert(coroutine.resume(co))
    local ok, e = coroutine.resume(co)
    assert(not ok and e == co and coroutine.status(co) == "dead")
    for _ = 1, 10 do assert(not coroutine.resume(co)) end
    local main, is_main = coroutine.running()
    assert(not coroutine.resume(main) and not pcall(coroutine.resume))
    assert(not pcall(coroutine.create) and not pcall(coroutine.wrap, {}))
    assert(not pcall(coroutine.status, print))
    assert(type(is_main) == "boolean" and coroutine.close == nil)
    return Response.new("held")
end }
