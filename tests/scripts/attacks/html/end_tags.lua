-- End tags of elements that are not open, below many that are.
-- outcome: held or cpu or exception
return { fetch = function(request, env, ctx)
    local page = Response.new(("<i>"):rep(16000) .. ("</b>"):rep(200000))
    local text = HTMLRewriter.new():transform(page):text()
    return Response.new(#text == 848000 and "held" or "ESCAPED")
end }
