-- One array that grows.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local t = {}
    for i = 1, math.huge do t[i] = i end
end }
