-- The handler itself yields.
-- outcome: exception
return { fetch = function(request, env, ctx)
    coroutine.yield(Response.new("ESCAPED: a yield is no answer"))
end }
