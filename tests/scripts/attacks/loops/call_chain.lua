-- An object called through a long chain of __call.
-- outcome: cpu or exception
return { fetch = function(request, env, ctx)
    local t = setmetatable({}, { __call = function() end })
    for i = 1, 30000 do t = setmetatable({}, { __call = t }) end
    while true do pcall(t) end
end }
