-- A response transformed again and again.
-- outcome: exception or held or cpu or memory
return { fetch = function(request, env, ctx)
    local rw = HTMLRewriter.new():on("b", { element = function(el) el:before("x") end })
    local response = Response.new("<b>")
    for i = 1, 1000 do response = rw:transform(response) end
    local text = response:text()
    return Response.new(#text == 1003 and "held" or "ESCAPED")
end }
