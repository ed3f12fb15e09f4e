-- A runtime error whose fields were replaced.
-- outcome: exception or egress_blocked
return { fetch = function(request, env, ctx)
    local ok, e = pcall(fetch, "http://169.254.1.1/")
    e.code, e.name, e.message = "cpu_limit", {}, print
    e.limit, e.allowed, e.used, e.stack = "cpu_ms", 1e300, 0/0, e
    error(e)
end }
