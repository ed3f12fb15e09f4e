-- An error that looks like a limit is an error.
-- outcome: exception
return { fetch = function(request, env, ctx)
    error("CPU time limit exceeded", 0)
end }
