-- More than fits, at once.
-- outcome: exception
return { fetch = function(request, env, ctx)
    return Response.new(("x"):rep(1 << 30))
end }
