-- The iterator of gmatch is asked on, and the state of another is mixed in.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    while true do
        local one, two = ("abc"):gmatch("()"), ("xyz"):gmatch(".-")
        for _ = 1, 100 do
            one()
            two()
            pcall(one, two)
        end
    end
end }
