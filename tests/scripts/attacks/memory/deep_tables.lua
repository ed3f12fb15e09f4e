-- A list of one element, in a list of one element.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local t = {}
    while true do t = { t, t } end
end }
