-- A string doubled by the operator.
-- outcome: memory or exception or cpu
return { fetch = function(request, env, ctx)
    local s = "xy"
    while true do s = s .. s end
end }
