-- Strings kept in a table.
-- outcome: memory or exception or cpu
return { fetch = function(request, env, ctx)
    local t = {}
    while true do t[#t + 1] = ("x"):rep(100000) .. #t end
end }
