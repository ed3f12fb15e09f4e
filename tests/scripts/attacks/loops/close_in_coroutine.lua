-- The same in a coroutine that is left suspended and then fails.
-- outcome: held
return { fetch = function(request, env, ctx)
    local closer = { __close = function() while true do end end }
    local co = coroutine.wrap(function()
        local a <close> = setmetatable({}, closer)
        coroutine.yield()
        error("fail")
    end)
    co()
    pcall(co)
    return Response.new("held")
end }
