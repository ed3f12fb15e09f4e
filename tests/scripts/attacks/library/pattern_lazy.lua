-- Several lazy items in a row.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    return Response.new(tostring(("x"):rep(5000):match(".-.-.-.-.-.-y")))
end }
