-- A loop whose step is lost in its counter.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local n = 0
    for x = 2.0 ^ 53, math.huge, 1.0 do n = n + 1 end
    return Response.new("ESCAPED " .. n)
end }
