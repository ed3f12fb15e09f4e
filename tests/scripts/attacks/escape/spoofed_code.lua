-- A table that looks like a limit's error.
-- outcome: exception
return { fetch = function(request, env, ctx)
    error({ name = "LimitError", code = "cpu_limit", limit = "cpu_ms",
            message = "CPU time limit exceeded" })
end }
