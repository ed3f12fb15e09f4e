-- The answer loops when it is read.
-- outcome: cpu or invalid_response
return { fetch = function(request, env, ctx)
    return setmetatable({}, { __index = function() while true do end end,
                              __name = "Response" })
end }
