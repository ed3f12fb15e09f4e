-- Coroutines ask for each other's status and resume who must not be.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local all = {}
    for i = 1, 50 do
        all[i] = coroutine.create(function(self)
            while true do
                for _, co in ipairs(all) do
                    local status = coroutine.status(co)
                    local ok = coroutine.resume(co, co)
                    if status ~= "suspended" then assert(not ok) end
                end
                coroutine.yield(self)
            end
        end)
    end
    while true do
        for _, co in ipairs(all) do coroutine.resume(co, co) end
    end
end }
