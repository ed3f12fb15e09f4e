-- Functions that wait for nothing, again and again.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local function spin() while true do scheduler.wait(0) end end
    parallel(spin, spin, spin, spin)
end }
