-- A handler ends while a body streams; the script goes on.
-- outcome: cpu or torn
return { fetch = function(request, env, ctx)
    local rw = HTMLRewriter.new():on("b", { text = function()
        while true do end
    end })
    local body = rw:transform(Response.new("<b>x</b>")).body
    return Response.new(function()
        local ok = pcall(body.read, body)
        return "ESCAPED " .. tostring(ok)
    end)
end }
