-- waitUntil takes all memory.
-- outcome: held
return { fetch = function(request, env, ctx)
    ctx:waitUntil(function()
        local t = {}
        while true do t[#t + 1] = ("x"):rep(10000) .. #t end
    end)
    return Response.new("held")
end }
