-- Coroutines that were left waiting in a killed or failed group, used later.
-- outcome: held
kept = kept or {}
return { fetch = function(request, env, ctx)
    for _, co in ipairs(kept) do
        local ok, v = coroutine.resume(co, "again")
        if ok and v == "secret" then return Response.new("ESCAPED") end
    end
    kept = {}
    pcall(parallel, function()
        kept[1] = coroutine.running()
        local co = coroutine.create(function()
            scheduler.wait(1)
            coroutine.yield("left")
            return "secret"
        end)
        coroutine.resume(co)
        error("failed")
    end, function()
        kept[2] = coroutine.create(function() coroutine.yield() fetch("http://127.0.0.1:1/") end)
        coroutine.resume(kept[2])
    end)
    local ok = coroutine.resume(kept[1], 1)
    return Response.new(ok and "ESCAPED: a dead task" or "held")
end }
