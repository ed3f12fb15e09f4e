-- Brackets that never close, from every place.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    return Response.new(tostring(("("):rep(200000):find("%b()")))
end }
