-- An error that looks like Lua's own.
-- outcome: exception
return { fetch = function(request, env, ctx)
    error("not enough memory", 0)
end }
