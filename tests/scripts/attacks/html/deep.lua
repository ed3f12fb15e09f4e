-- Elements that are never closed.
-- outcome: exception
return { fetch = function(request, env, ctx)
    local page = Response.new(function() return ("<i>"):rep(1000) end)
    return Response.new(HTMLRewriter.new():on("i i i", { element = function() end })
        :transform(page):text())
end }
