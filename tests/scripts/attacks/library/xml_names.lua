-- Very many names, very long names, names that hash alike.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local t = {}
    for i = 1, 30000 do t[i] = ("<n%d m%d=''/>"):format(i, i) end
    local many = "<a>" .. table.concat(t) .. "</a>"
    local long = ("n"):rep(1000000)
    while true do
        pcall(xml.decode, many)
        pcall(xml.decode, "<" .. long .. "/>")
        pcall(xml.decode, "<a " .. long .. "=''/>")
        pcall(xml.decode, "<a>&" .. long .. ";</a>")
        pcall(xml.decode, "<?" .. long .. "?><a/>")
    end
end }
