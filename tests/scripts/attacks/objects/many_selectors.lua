-- Ten thousand handlers for one document of many elements.
-- outcome: held or cpu or memory or exception
return { fetch = function(request, env, ctx)
    local rw = HTMLRewriter.new()
    for i = 1, 10000 do
        rw:on("div > p b:nth-child(" .. i .. "n+1)",
        { element = function() end })
    end
    local html = ("<div><p><b>x</b><b>y</b></p></div>"):rep(2000)
    rw:transform(Response.new(html)):text()
    return Response.new("held")
end }
