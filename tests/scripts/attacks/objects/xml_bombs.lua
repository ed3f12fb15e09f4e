-- XML that is deep, wide, defines entities and includes files.
-- outcome: held or cpu or memory or exception
return { fetch = function(request, env, ctx)
    for _, s in ipairs {
        ("<a>"):rep(100000), ("<a>"):rep(150) .. ("</a>"):rep(150),
        "<a " .. ("b"):rep(100000) .. "='1'/>",
        "<a>" .. ("&#x10FFFF;"):rep(50000),
        '<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        '<a xmlns:x="http://www.w3.org/2001/XInclude">'
            .. '<x:include href="/"/></a>',
        '<?xml version="1.0" encoding="UTF-16"?><a/>', "<a>\0</a>", "<a", "",
        "<a>" .. ("<b c='d'/>"):rep(50000) .. "</a>", "<a>]]></a>" } do
        local ok, v = pcall(xml.decode, s)
        if ok then
            assert(not xml.encode(v):find("root:", 1, true))
        end
    end
    local t = { name = "a" }
    t[1] = t
    assert(not pcall(xml.encode, t))
    return Response.new("held")
end }
