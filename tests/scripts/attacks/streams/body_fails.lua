-- A body that fails with an object of traps.
-- outcome: torn
return { fetch = function(request, env, ctx)
    local n = 0
    return Response.new(function()
        n = n + 1
        if n > 1 then
            error(setmetatable({}, { __tostring = function()
                return setmetatable({}, { __tostring = error })
            end }))
        end
        return "first"
    end)
end }
