-- Errors raised, exception, raised again, also across yields.
-- outcome: held
return { fetch = function(request, env, ctx)
    local co = coroutine.wrap(function()
        local ok, e = pcall(function()
            coroutine.yield("first")
            error({ code = 7 })
        end)
        coroutine.yield(e.code)
        local ok2, e2 = xpcall(function() error("deep") end,
                               function(m) return "handled: " .. m end)
        return e2
    end)
    assert(co() == "first" and co() == 7)
    assert(co():find("^handled: .*deep$"))
    return Response.new("held")
end }
