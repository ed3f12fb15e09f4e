-- Documents that never close what they open.
-- outcome: held or cpu or memory or exception
return { fetch = function(request, env, ctx)
    local rw = HTMLRewriter.new():on("div div div > b", { element = function(el)
        el:onEndTag(function() end)
    end, text = function() end })
    for _, html in ipairs { ("<div>"):rep(100000), ("<div><b>"):rep(30000),
                            ("</div>"):rep(100000), "<" .. ("a"):rep(1000000),
                            "<a " .. ("b=c "):rep(100000) .. ">",
                            "<!--" .. ("-"):rep(500000),
                            "<![CDATA[" .. ("]"):rep(9),
                            ("<script><!--<script>"):rep(10000),
                            "<a href='" .. ("&amp;"):rep(100000), "<\0\0>" } do
        pcall(function() return rw:transform(Response.new(html)):text() end)
    end
    return Response.new("held")
end }
