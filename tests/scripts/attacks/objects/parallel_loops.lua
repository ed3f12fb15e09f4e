-- One of them loops while the others wait.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    pcall(parallel, function() scheduler.wait(5) end, function()
        scheduler.wait(1)
        while true do pcall(function() while true do end end) end
    end, function() while true do scheduler.wait(1) end end)
    return Response.new("ESCAPED")
end }
