-- A body that yields, in and out of coroutines.
-- outcome: exception or held
return { fetch = function(request, env, ctx)
    return Response.new(coroutine.wrap(function()
        coroutine.yield("held")
        coroutine.yield(coroutine.wrap(function()
            coroutine.yield(" by coroutines")
        end)())
        coroutine.yield(nil)
    end))
end }
