-- A callback of gsub that catches and goes on.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    ("abc"):rep(1000):gsub(".", function()
        pcall(function() while true do end end)
    end)
    return Response.new("ESCAPED: gsub went on")
end }
