-- Moves many arguments with every instruction.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local function rotate(first, ...) return ..., first end
    local function pass(...) while true do pcall(rotate, ...) end end
    pass(table.unpack({}, 1, 100000))
end }
