-- Megabytes of message.
-- outcome: exception or memory or cpu
return { fetch = function(request, env, ctx)
    error(("x"):rep(5000000))
end }
