-- The same, every failure exception.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    while true do
        pcall(function()
            local s = "xy"
            while true do s = s .. s end
        end)
    end
end }
