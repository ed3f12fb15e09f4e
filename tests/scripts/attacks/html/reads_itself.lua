-- A handler that reads the body that it is for.
-- outcome: held
return { fetch = function(request, env, ctx)
    local response, seen
    local rw = HTMLRewriter.new():on("b", { element = function(el)
        seen = { pcall(response.body.read, response.body) }
        pcall(response.text, response)
        pcall(response.clone, response)
        pcall(response.body.cancel, response.body)
    end })
    response = rw:transform(Response.new(function() return "<b>" end))
    local chunk = response.body:read()
    return Response.new(seen and "held" or "ESCAPED " .. tostring(chunk))
end }
