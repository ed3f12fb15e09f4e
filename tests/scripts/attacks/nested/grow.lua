-- Takes all its memory while its dispatcher waits.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local t = {}
    while true do t[#t + 1] = ("x"):rep(10000) .. #t end
end }
