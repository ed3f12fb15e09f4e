-- Uncaught at last: an object whose text never comes.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local function forever() while true do end end
    error(setmetatable({}, { __tostring = function()
        return pcall(forever) and "x"
    end }))
end }
