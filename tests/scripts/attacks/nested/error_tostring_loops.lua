-- An error object whose __tostring loops.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    error(setmetatable({}, { __tostring = function() while true do end end }))
end }
