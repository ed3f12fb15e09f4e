-- ipairs over a table with an __index in C that never gives nil.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    for _ in ipairs(setmetatable({}, { __index = type })) do end
end }
