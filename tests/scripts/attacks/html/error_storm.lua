-- Errors in handlers, caught a thousand times.
-- outcome: held
return { fetch = function(request, env, ctx)
    local rw = HTMLRewriter.new():on("b", { element = function(el)
        el:before("x")
        error(setmetatable({}, { __tostring = function() error("again") end }))
    end })
    for i = 1, 1000 do
        local response = rw:transform(Response.new("<b>"))
        local body = response.body
        assert(not pcall(body.read, body))
        pcall(body.read, body)
    end
    return Response.new("held")
end }
