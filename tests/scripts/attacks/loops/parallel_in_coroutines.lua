-- Coroutines that wait inside coroutines, for ever.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local function spin(n)
        while true do
            coroutine.wrap(function()
                scheduler.wait(0)
                if n < 50 then spin(n + 1) end
                coroutine.yield()
            end)()
        end
    end
    parallel(function() spin(1) end, function() spin(1) end)
end }
