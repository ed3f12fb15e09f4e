-- Yields out of pcall within pcall, caught and resumed for ever.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local co = coroutine.wrap(function()
        while true do
            pcall(pcall, pcall, xpcall, coroutine.yield, print, 1)
            pcall(function()
                local x <close> = setmetatable({}, { __close = function()
                    coroutine.yield("closing")
                end })
                coroutine.yield("inside")
                error("again")
            end)
        end
    end)
    while true do co() end
end }
