-- One expression that joins two hundred long strings.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local s = ("s"):rep(30000)
    local parts = ("s.."):rep(190) .. "s"
    local f = load("local s = ... return " .. parts)
    while true do pcall(f, s) end
end }
