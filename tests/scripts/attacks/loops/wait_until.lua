-- A waitUntil function loops after the answer.
-- outcome: held
return { fetch = function(request, env, ctx)
    ctx:waitUntil(function() while true do end end)
    return Response.new("held")
end }
