-- Would answer if anything ran after the limit.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local ok = pcall(function() while true do end end)
    return Response.new("ESCAPED: went on after the limit, " .. tostring(ok))
end }
