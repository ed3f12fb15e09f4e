-- Tables that hold each other.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local t = {}
    while true do t = { t, t } end
end }
