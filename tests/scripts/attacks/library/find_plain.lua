-- Plain search of a text that nearly fits everywhere.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local s, p = ("x"):rep(400000), ("x"):rep(200000) .. "y"
    while true do s:find(p, 1, true) end
end }
