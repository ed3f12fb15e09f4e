-- Entity bombs, entities of files and of addresses, parameter entities.
-- outcome: held
return { fetch = function(request, env, ctx)
    local lol = '<!DOCTYPE a [<!ENTITY a0 "lol">'
    for i = 1, 20 do lol = lol .. ('<!ENTITY a%d "%s">'):format(i, ("&a" .. (i - 1) .. ";"):rep(10)) end
    local bodies = { lol .. "]><a>&a20;</a>",
        '<!DOCTYPE a [<!ENTITY x "' .. ("x"):rep(100000) .. '">]><a>' .. ("&x;"):rep(100000) .. "</a>",
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><a/>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]><a/>',
        '<!DOCTYPE a [<!ATTLIST a b CDATA "c">]><a/>',
        '<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="file:///etc/passwd" parse="text"/></a>',
        '<?xml-stylesheet href="file:///etc/passwd"?><a>&x;</a>',
        '<?oasis-xml-catalog catalog="file:///etc/passwd"?><a>&x;</a>' }
    for i, body in ipairs(bodies) do
        local ok, got = pcall(xml.decode, body)
        if ok and (i ~= 7 or xml.encode(got):find("root:", 1, true)) then
            return Response.new("ESCAPED: " .. body:sub(1, 100))
        end
    end
    return Response.new("held")
end }
