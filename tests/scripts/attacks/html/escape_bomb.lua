-- Content that grows five-fold when it is escaped, again and again.
-- outcome: memory or cpu or exception
return { fetch = function(request, env, ctx)
    local rw = HTMLRewriter.new():on("b", { element = function(el)
        local s = ("&"):rep(1000000)
        for i = 1, 100 do el:append(s) end
    end })
    return Response.new(#rw:transform(Response.new("<b></b>")):text())
end }
