-- Attributes set on a tag one after the other.
-- outcome: held or cpu or memory or exception
return { fetch = function(request, env, ctx)
    local rw = HTMLRewriter.new():on("b", { element = function(el)
        for i = 1, 5000 do el:setAttribute("a" .. i, ("v"):rep(50)) end
        for name in el:attributes() do el:removeAttribute(name) end
    end })
    local text = rw:transform(Response.new("<b x y>")):text()
    return Response.new(text == "<b>" and "held" or "ESCAPED " .. text)
end }
