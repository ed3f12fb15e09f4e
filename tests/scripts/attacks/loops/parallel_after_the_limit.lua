-- A task that would answer after the limit ended another.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local text = "nothing"
    pcall(parallel,
        function() scheduler.wait(10) text = "ESCAPED: a task went on" end,
        function() xpcall(function() while true do end end, function() end) end)
    return Response.new("ESCAPED: " .. text)
end }
