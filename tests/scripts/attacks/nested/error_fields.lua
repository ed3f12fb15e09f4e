-- An error object full of functions, coroutines and itself.
-- outcome: exception
return { fetch = function(request, env, ctx)
    local e = { name = print, code = coroutine.create(print), stack = {},
        limit = function() end, allowed = {}, message = request }
    e.worker, e.line = e, e
    error(e)
end }
