-- Coroutines too short for any counter of their own.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    while true do
        local co = coroutine.create(function(a) local b = coroutine.yield(a) end)
        coroutine.resume(co, 1)
        coroutine.resume(co, 2)
    end
end }
