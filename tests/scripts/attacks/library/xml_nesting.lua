-- Elements in one another, closed and not, read and written.
-- outcome: held
-- limit: cpu_ms=500
return { fetch = function(request, env, ctx)
    for _, n in ipairs{ 201, 257, 10000, 500000 } do
        if pcall(xml.decode, ("<a>"):rep(n) .. ("</a>"):rep(n)) or pcall(xml.decode, ("<a>"):rep(n))
            or pcall(xml.decode, ("<a b='"):rep(n)) or pcall(xml.decode, ("</a>"):rep(n)) then
            return Response.new("ESCAPED: " .. n)
        end
    end
    local e = { name = "a" }
    for i = 1, 100000 do e = { name = "a", e } end
    local c = { name = "a" }
    for i = 1, 100 do c[i] = c end
    if pcall(xml.encode, e) or pcall(xml.encode, c) then return Response.new("ESCAPED: written") end
    return Response.new("held")
end }
