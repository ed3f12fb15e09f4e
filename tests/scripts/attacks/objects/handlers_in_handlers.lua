-- Handlers that transform, and transform again within.
-- outcome: held or cpu or memory or exception
return { fetch = function(request, env, ctx)
    local rw
    local depth = 0
    rw = HTMLRewriter.new():on("p", { element = function(el)
        depth = depth + 1
        if depth < 100 then
            local ok, s = pcall(function()
                return rw:transform(Response.new("<p>in</p>")):text()
            end)
            el:append(ok and s or "failed")
        end
        depth = depth - 1
    end })
    rw:transform(Response.new("<p>out</p>")):text()
    return Response.new("held")
end }
