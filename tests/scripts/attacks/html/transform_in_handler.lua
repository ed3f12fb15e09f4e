-- Each handler transforms with its own rewriter.
-- outcome: exception or cpu or memory
return { fetch = function(request, env, ctx)
    local rw = HTMLRewriter.new()
    rw:on("b", { element = function(el)
        el:before(rw:transform(Response.new("<b>")):text())
    end })
    return Response.new(rw:transform(Response.new("<b>")):text())
end }
