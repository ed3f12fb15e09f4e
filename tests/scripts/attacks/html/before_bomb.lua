-- Content put before an element without end.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local rw = HTMLRewriter.new():on("b", { element = function(el)
        while true do el:before(("x"):rep(100000)) end
    end })
    return Response.new(rw:transform(Response.new("<b>")):text())
end }
