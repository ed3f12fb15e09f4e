-- A message handler that loops while it handles an error.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    xpcall(error, function() while true do end end, "x")
    return Response.new("ESCAPED: the handler was left")
end }
