-- Each element is given more content than the document has.
-- outcome: memory or cpu or exception
return { fetch = function(request, env, ctx)
    local long = ("<b>long</b>"):rep(20000)
    return HTMLRewriter.new():on("i", { element = function(el)
        for _ = 1, 1000 do
            el:before(long, { html = true })
            el:append(long)
            el:setAttribute("a", long)
        end
    end }):transform(Response.new(("<i>x</i>"):rep(1000)))
end }
