-- A driver below a C function, in a driver below a C function.
-- outcome: cpu or exception
return { fetch = function(request, env, ctx)
    local function down()
        table.sort({ 3, 2, 1 }, function(a, b)
            parallel(down, down)
            return a < b
        end)
    end
    parallel(down, function() while true do scheduler.wait(0) end end)
end }
