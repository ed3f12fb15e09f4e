-- Loops while its dispatcher waits.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    while true do end
end }
