-- Each to-be-closed value opens another scope.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local depth = 0
    local function scope()
        depth = depth + 1
        local x <close> = setmetatable({}, { __close = function()
            if depth < 100 then return scope() end
            depth = 0
            while true do
                local y <close> = setmetatable({}, { __close = function() end })
            end
        end })
        return depth
    end
    return Response.new("ESCAPED " .. scope())
end }
