-- Moves a range that is nearly endless.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    pcall(table.move, {}, 1, math.maxinteger - 1, 2)
    table.move(setmetatable({}, { __index = type }), 1, 1 << 50, 1,
               setmetatable({}, { __newindex = rawequal }))
end }
