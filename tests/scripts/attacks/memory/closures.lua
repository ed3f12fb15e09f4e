-- Closures that hold the one before.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local f = function() end
    while true do
        local before = f
        f = function() return before end
    end
end }
