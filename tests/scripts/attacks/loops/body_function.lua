-- The body is a function that never gives a chunk.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    return Response.new(function() while true do end end)
end }
