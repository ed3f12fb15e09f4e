-- Calls with all the arguments that fit, kept by coroutines.
-- outcome: memory or cpu or exception
return { fetch = function(request, env, ctx)
    local kept = {}
    while true do
        local co = coroutine.wrap(function(...)
            local t = { ... }
            coroutine.yield(...)
            return t, ...
        end)
        co(table.unpack({}, 1, 5000))
        kept[#kept + 1] = co
    end
end }
