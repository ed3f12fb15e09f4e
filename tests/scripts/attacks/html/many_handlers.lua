-- Handlers without end.
-- outcome: held
return { fetch = function(request, env, ctx)
    local rw, n = HTMLRewriter.new(), 0
    while pcall(rw.on, rw, "b", { element = function() end }) do n = n + 1 end
    local ok, e = pcall(function() return rw:transform(Response.new("<b>")):text() end)
    return Response.new(n <= 256 and "held" or "ESCAPED " .. n .. tostring(ok) .. tostring(e))
end }
