-- A format of itself.
-- outcome: exception or memory or cpu
return { fetch = function(request, env, ctx)
    local s = "x"
    while true do s = ("%s%s%s%s%s%s%s%s"):format(s, s, s, s, s, s, s, s) end
end }
