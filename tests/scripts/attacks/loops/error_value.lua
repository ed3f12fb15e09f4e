-- The error value itself loops when it is read.
-- outcome: cpu or exception
return { fetch = function(request, env, ctx)
    error(setmetatable({}, { __tostring = function() while true do end end,
                             __index = function() while true do end end }))
end }
