-- Handlers that yield, and transforms in coroutines.
-- outcome: held
return { fetch = function(request, env, ctx)
    local rw = HTMLRewriter.new():on("b", { element = function(el)
        assert(not pcall(coroutine.yield, el))
        el:before("x")
    end })
    local co = coroutine.wrap(function()
        local response = rw:transform(Response.new("<b>"))
        coroutine.yield(response)
        return response:text()
    end)
    co()
    local text = co()
    return Response.new(text == "x<b>" and "held" or "ESCAPED " .. text)
end }
