-- Thousands of coroutines take turns; no turn is long.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local ring = {}
    for i = 1, 2000 do
        ring[i] = coroutine.wrap(function()
            while true do coroutine.yield() end
        end)
    end
    while true do
        for i = 1, #ring do ring[i]() end
    end
end }
