-- Waiting for a clock that does not go on.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local now, start = os.time, os.time()
    while now() - start < 2 and Date.now() // 1000 - start < 100 do end
    return Response.new("ESCAPED")
end }
