-- Several greedy items in a row.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    return Response.new(tostring(("x"):rep(5000):match("x*x*x*x*x*y")))
end }
