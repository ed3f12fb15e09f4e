-- Dates there and back.
-- outcome: held
return { fetch = function(request, env, ctx)
    local t = os.time { year = 2024, month = 2, day = 29, hour = 12 }
    assert(os.date("!%Y-%m-%dT%H:%M:%SZ", t) == "2024-02-29T12:00:00Z")
    local d = os.date("*t", t)
    assert(d.yday == 60 and d.wday == 5 and not d.isdst)
    d.day = d.day + 1
    assert(os.date("%F", os.time(d)) == "2024-03-01" and d.month == 3)
    assert(math.abs(os.time() - Date.now() / 1000) < 2)
    return Response.new("held")
end }
