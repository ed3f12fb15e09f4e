-- The whole match nine times over, for every match.
-- outcome: exception or memory or cpu
return { fetch = function(request, env, ctx)
    local s = "x"
    while true do s = s:gsub(".*", ("%0"):rep(1000), 1) end
end }
