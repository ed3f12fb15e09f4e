-- Thousands of waitUntil functions.
-- outcome: held or memory or cpu
return { fetch = function(request, env, ctx)
    for i = 1, 20000 do
        ctx:waitUntil(function() pcall(error, i) end, i, i, i)
    end
    return Response.new("held")
end }
