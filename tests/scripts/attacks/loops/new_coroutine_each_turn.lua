-- A new coroutine does a little more of the work each time.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local n = 0
    while true do
        local co = coroutine.create(function()
            for _ = 1, 90 do n = n + 1 end
            coroutine.yield()
        end)
        coroutine.resume(co)
    end
end }
