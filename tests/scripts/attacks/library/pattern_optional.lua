-- Optional items: exponential for a backtracking matcher.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    local n = 40
    return Response.new(tostring(("z"):rep(n):find(("z?"):rep(n) .. ("z"):rep(n)
                                                   .. "y")))
end }
