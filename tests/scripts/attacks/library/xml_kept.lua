-- Keeps what it has read until the memory is full.
-- outcome: memory or cpu or exception
return { fetch = function(request, env, ctx)
    local t, text = {}, "<a>" .. ("<b c='d'>e</b>"):rep(10000) .. "</a>"
    for i = 1, 1e7 do t[i] = xml.decode(text) end
end }
