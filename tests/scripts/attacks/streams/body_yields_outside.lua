-- A body that yields where there is no coroutine.
-- outcome: exception
return { fetch = function(request, env, ctx)
    return Response.new(function() coroutine.yield("ESCAPED") end)
end }
