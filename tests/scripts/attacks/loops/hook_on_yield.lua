-- The hook of the limit meets a coroutine that yields at each turn.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local function lazy()
        while true do coroutine.yield() end
    end
    local a, b = coroutine.wrap(lazy), coroutine.create(lazy)
    while true do
        a()
        coroutine.resume(b)
        coroutine.wrap(a)()
    end
end }
