-- A body of empty chunks, for ever.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    return Response.new(function() return "" end)
end }
