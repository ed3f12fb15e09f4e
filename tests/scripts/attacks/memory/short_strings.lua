-- Short strings, each one new.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local t = {}
    for i = 1, math.huge do t[i] = "k" .. i end
end }
