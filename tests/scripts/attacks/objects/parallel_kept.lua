-- Coroutines of parallel that are kept and resumed by the script.
-- outcome: held or exception
return { fetch = function(request, env, ctx)
    local mine
    local ok = pcall(parallel, function()
        mine = coroutine.running()
        scheduler.wait(2)
        return 1
    end, function()
        local k = coroutine.resume(mine)
        pcall(coroutine.resume, mine, {}, 1)
        pcall(coroutine.wrap(function() return coroutine.resume(mine) end))
        scheduler.wait(1)
        pcall(coroutine.resume, mine)
    end)
    for _ = 1, 3 do
        pcall(coroutine.resume, mine)
        coroutine.status(mine)
        debug.traceback(mine)
    end
    if old then pcall(coroutine.resume, old) end
    old = mine
    return Response.new("held")
end }
