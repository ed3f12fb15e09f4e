-- Handlers that yield to whoever reads, out of parallel, out of a coroutine.
-- outcome: held or exception
return { fetch = function(request, env, ctx)
    local rw = HTMLRewriter.new():on("b", {
        element = function() coroutine.yield(1) end,
        text = function() coroutine.yield(2) end })
    local co = coroutine.create(function()
        return rw:transform(Response.new("<b>x</b><b>y</b>")):text()
    end)
    for _ = 1, 10 do coroutine.resume(co) end
    pcall(parallel, function()
        return rw:transform(Response.new("<b>x</b>")):text()
    end, function() scheduler.wait(1) end)
    return Response.new("held")
end }
