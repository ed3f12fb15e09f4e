-- A metatable for every object, all kept.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local t = {}
    while true do t[#t + 1] = setmetatable({}, { __index = t }) end
end }
