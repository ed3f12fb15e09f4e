-- Dates before and after all calendars.
-- outcome: held
return { fetch = function(request, env, ctx)
    local max, min = math.maxinteger, math.mininteger
    for _, t in ipairs { max, min, max - 1, min + 1, 1 << 55, -(1 << 55),
                         67768036191694399, 67768036191694400,
                         67768036191694401, -67768040609740801 } do
        for _, f in ipairs { "!%Y", "%c", "!*t", "*t", "%x %X %p %%" } do
            local ok, v = pcall(os.date, f, t)
            assert(type(v) == "string" or ok and type(v) == "table")
        end
    end
    for _, f in ipairs { "%", "%E", "%O", "%Ez", "%Q", "%E%", "%\0", "%ñ",
                         "x%" } do
        assert(not pcall(os.date, f, 0), f)
    end
    assert(os.date("!%Y-%m-%d", 0) == "1970-01-01" and os.date("") == "")
    assert(#os.date(("!%c"):rep(1000), 0) > 20000)
    assert(not pcall(os.date, "%c", 1.5) and not pcall(os.date, {}, 1))
    return Response.new("held")
end }
