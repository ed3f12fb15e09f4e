-- A coroutine that waits since the last request is resumed in this one.
-- outcome: held
return { fetch = function(request, env, ctx)
    local kept = co
    co = coroutine.create(function(r)
        while true do
            local ok, e = pcall(function() return r.headers:get("host") end)
            coroutine.yield(ok, e)
            ok, e = pcall(function() return r:text() end)
            coroutine.yield(ok, e)
        end
    end)
    coroutine.resume(co, request)
    if kept then
        for _ = 1, 3 do
            local ok, fine, e = coroutine.resume(kept)
            assert(ok and (not fine or type(e) == "string"), e)
        end
    end
    return Response.new("held")
end }
