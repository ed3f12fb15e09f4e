-- A set of thousands of characters, tried everywhere.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    local set = "[" .. ("%w"):rep(20000) .. "]"
    while true do (" "):rep(50000):find(set) end
end }
