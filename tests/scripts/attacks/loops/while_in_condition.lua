-- The condition of the loop is the loop.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local function turn() return true end
    repeat
        local done = turn() and turn() and not turn()
    until done
    while turn() ~= not turn() do end
end }
