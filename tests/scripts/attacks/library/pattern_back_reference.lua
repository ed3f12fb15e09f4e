-- Repeated text of every length at every place.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    return Response.new(tostring(("x"):rep(20000):find("(.*).*%1y")))
end }
