-- One instruction that compares megabytes.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local a, b = ("x"):rep(3000000) .. "a", ("x"):rep(3000000) .. "b"
    local n = 0
    while true do if a <= b then n = n + 1 end end
end }
