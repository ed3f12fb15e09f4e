-- Attributes and namespaces that are compared each with each.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local names, spaces = {}, {}
    for i = 1, 256 do names[i], spaces[i] = (" p:a%d=''"):format(i), (" xmlns:p%d='u'"):format(i) end
    local many = table.concat(names)
    local tags = { "<x" .. many .. "/>", "<x" .. many:rep(1000) .. "/>" }
    local deep = ("<x" .. table.concat(spaces) .. ">"):rep(199)
    while true do
        for _, tag in ipairs(tags) do
            pcall(xml.decode, "<a>" .. tag:rep(#tag < 10000 and 100 or 1) .. "</a>")
            pcall(xml.decode, deep .. tag .. tag .. tag)
        end
    end
end }
