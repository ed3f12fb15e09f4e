-- Moves between tables whose every access is a function.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local slow = setmetatable({}, {
        __index = function(_, k) return k end,
        __newindex = function() for _ = 1, 10 do end end })
    while true do
        pcall(table.move, slow, 1, 1000000, 1, slow)
        pcall(table.move, slow, 1, 1000000, 2)
    end
end }
