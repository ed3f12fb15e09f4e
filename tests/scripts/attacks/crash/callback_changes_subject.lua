-- A callback of gsub makes much garbage.
-- outcome: held
return { fetch = function(request, env, ctx)
    local s = ("abc"):rep(3000)
    local r = s:gsub("%w", function(c)
        local t = {}
        for i = 1, 20 do t[i] = c:rep(i) end
        return { t } and t[2]
    end)
    assert(r == ("aabbcc"):rep(3000))
    return Response.new("held")
end }
