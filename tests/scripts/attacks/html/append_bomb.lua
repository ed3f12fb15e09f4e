-- Each of many elements appends much to each of many.
-- outcome: memory or cpu or exception
return { fetch = function(request, env, ctx)
    local large = ("x"):rep(100000)
    local rw = HTMLRewriter.new():on("b", { element = function(el)
        el:append(large, { html = true }):after(large, { html = true })
    end })
    return Response.new(#rw:transform(Response.new(("<b>"):rep(15000))):text())
end }
