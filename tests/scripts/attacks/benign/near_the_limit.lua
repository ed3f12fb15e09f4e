-- Large strings that fit, when what is over is collected in time.
-- outcome: held
-- limit: cpu_ms=500
return { fetch = function(request, env, ctx)
    local part = ("n"):rep(1024 * 1024)
    for i = 1, 4 do
        local five = part:rep(5)
        assert(#five == 5 * #part)
        local t = { five:sub(1, 1000000), five:upper():sub(1, 10), i }
        assert(#t[1] == 1000000)
    end
    return Response.new("held")
end }
