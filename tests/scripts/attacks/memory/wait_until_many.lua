-- More functions for later than there is room for.
-- outcome: memory or cpu or held
return { fetch = function(request, env, ctx)
    for i = 1, 1000000 do
        ctx:waitUntil(function() return i end, i, ("w"):rep(100))
    end
    return Response.new("held")
end }
