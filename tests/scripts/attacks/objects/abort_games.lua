-- Signals: reasons of all kinds, aborts again, signals of other requests.
-- outcome: held
return { fetch = function(request, env, ctx)
    local before = kept
    kept = AbortController.new()
    for _, reason in ipairs { 1, "x", {}, true, print, kept, request,
                              setmetatable({}, { __tostring = error }) } do
        local c = AbortController.new()
        c:abort(reason)
        c:abort("again")
        pcall(function() return c.signal.reason, c.signal.aborted end)
        pcall(fetch, "http://127.0.0.1:1/", { signal = c.signal })
        pcall(Request.new, "http://a.example/", { signal = c.signal })
    end
    for _, ms in ipairs { -1, 0, 1, 1e300, 0 / 0, math.maxinteger, "x", {} } do
        local ok, s = pcall(AbortSignal.timeout, ms)
        if ok then pcall(fetch, "http://127.0.0.1:1/", { signal = s }) end
    end
    if before then
        pcall(function() before:abort("late") end)
        pcall(fetch, "http://127.0.0.1:1/", { signal = before.signal })
    end
    pcall(fetch, "http://127.0.0.1:1/", { signal = { aborted = true } })
    return Response.new("held")
end }
