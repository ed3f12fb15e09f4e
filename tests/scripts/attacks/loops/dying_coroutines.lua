-- Coroutines that die of errors in errors.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    while true do
        local co = coroutine.create(function()
            local x <close> = setmetatable({}, { __close = function(_, e)
                error({ e })
            end })
            error("first")
        end)
        coroutine.resume(co)
        coroutine.resume(co)
        pcall(coroutine.wrap(error), co)
    end
end }
