-- Catches whatever is raised, again and again.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local function spin() while true do end end
    while true do pcall(spin) end
end }
