-- Coroutines that each keep a deep stack.
-- outcome: memory or cpu or exception
return { fetch = function(request, env, ctx)
    local function deep(n)
        if n == 0 then coroutine.yield() return 0 end
        return 1 + deep(n - 1)
    end
    local kept = {}
    while true do
        local co = coroutine.create(deep)
        coroutine.resume(co, 5000)
        kept[#kept + 1] = co
    end
end }
