-- What a request left in globals is the Worker's own; its objects are over.
-- outcome: held
return { fetch = function(request, env, ctx)
    local before = left
    left = { request = request, headers = request.headers, ctx = ctx,
             response = Response.new("old"), body = Response.new("b").body,
             url = request.url, clone = request:clone(),
             read = function() return request:text() end }
    if before then
        local ok, e = pcall(function() return before.request:text() end)
        assert(not ok and tostring(e):find("different request", 1, true), e)
        ok, e = pcall(before.read)
        assert(not ok, e)
        assert(not pcall(before.ctx.waitUntil, before.ctx, print))
        pcall(function() return before.clone:text() end)
        pcall(function() return before.body:read() end)
        pcall(function() return before.headers:get("host") end)
        pcall(function() return before.response:text() end)
        for k in pairs(before) do
            pcall(function() return before[k]:clone() end)
            pcall(function() before[k].x = 1 end)
            pcall(tostring, before[k])
        end
    end
    return Response.new("held")
end }
