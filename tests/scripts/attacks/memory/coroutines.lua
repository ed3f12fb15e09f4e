-- Suspended coroutines with deep stacks.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local t = {}
    local function down(n)
        if n == 0 then coroutine.yield() else down(n - 1) end
        return n
    end
    while true do
        local co = coroutine.wrap(down)
        co(100)
        t[#t + 1] = co
    end
end }
