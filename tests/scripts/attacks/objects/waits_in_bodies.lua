-- A body that waits, runs others at once, and makes bodies.
-- outcome: held or exception or cpu
return { fetch = function(request, env, ctx)
    local n = 0
    return Response.new(function()
        n = n + 1
        if n == 1 then return "held" end
        if n > 5 then return nil end
        local a = parallel(function() scheduler.wait(1) return "a" end,
                           function() return "b" end)
        return a .. Response.new(function() end):text()
    end)
end }
