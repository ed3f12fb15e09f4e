-- Wrapped coroutines within wrapped coroutines, until the C stack says no.
-- outcome: cpu or memory or exception
return { fetch = function(request, env, ctx)
    local function nest(n)
        return coroutine.wrap(function(...)
            local ok, inner = pcall(nest(n + 1), ...)
            while true do
                coroutine.yield(ok, n)
            end
        end)
    end
    while true do pcall(nest(1)) end
end }
