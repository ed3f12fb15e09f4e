-- Sorts with nothing but C functions.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    local t = setmetatable({}, { __len = function() return 1 << 30 end,
                                 __index = type, __newindex = rawequal })
    table.sort(t, rawequal)
end }
