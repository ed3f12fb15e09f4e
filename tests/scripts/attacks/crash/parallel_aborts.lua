-- Aborts of calls that are queued, run, are over, or are made by the abort.
-- outcome: held
return { fetch = function(request, env, ctx)
    local seen = 0
    for round = 1, 20 do
        local c, f = AbortController.new(), {}
        for i = 1, 30 do
            f[i] = function()
                if i == round then c:abort({ round = round }) end
                local ok, e = pcall(fetch, "http://127.0.0.1:1/", { signal = c.signal })
                if i % 7 == 0 then c:abort() end
                seen = seen + (ok and 0 or 1)
            end
        end
        parallel(table.unpack(f))
    end
    return Response.new(seen == 600 and "held" or "ESCAPED: " .. seen)
end }
