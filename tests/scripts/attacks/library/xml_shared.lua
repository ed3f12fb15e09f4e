-- A few tables that become a text of 2^100 elements.
-- outcome: held or cpu
return { fetch = function(request, env, ctx)
    local e = { name = "a" }
    for i = 1, 100 do e = { name = "a", e, e } end
    if pcall(xml.encode, e) then return Response.new("ESCAPED: written") end
    return Response.new("held")
end }
