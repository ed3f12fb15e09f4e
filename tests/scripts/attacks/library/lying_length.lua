-- Lengths that are lies, for all that trusts them.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    local t = setmetatable({}, { __len = function() return 1 << 60 end,
                                 __index = type, __newindex = rawequal })
    pcall(table.insert, t, 1, "x")
    pcall(table.remove, t, 1)
    pcall(table.unpack, t)
    pcall(table.sort, t)
    table.concat(t)
end }
