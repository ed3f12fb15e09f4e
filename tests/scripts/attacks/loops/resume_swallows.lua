-- resume() gives errors back as values.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local _, e = coroutine.resume(coroutine.create(function() while true do end end))
    return Response.new("ESCAPED: resume gave " .. tostring(e))
end }
