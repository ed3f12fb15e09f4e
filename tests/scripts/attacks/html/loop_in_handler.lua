-- An element handler that does not end, under pcall.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local rw = HTMLRewriter.new():on("b", { element = function()
        while true do pcall(function() while true do end end) end
    end })
    local ok = pcall(function() return rw:transform(Response.new("<b>")):text() end)
    return Response.new("ESCAPED " .. tostring(ok))
end }
