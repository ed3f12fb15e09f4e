-- An error message of megabytes.
-- outcome: exception
return { fetch = function(request, env, ctx)
    error(("E"):rep(4000000), 0)
end }
