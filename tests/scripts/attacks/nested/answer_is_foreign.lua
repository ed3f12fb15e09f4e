-- Keeps what it was given and hands it out later.
-- outcome: held
return { fetch = function(request, env, ctx)
    if not kept then
        kept = { request, request.headers, request.body, ctx, ctx.props,
            Response.new(request.body), Request.new(request),
            request.body and request.body:chunks() }
        return Response.new("held")
    end
    for _, object in pairs(kept) do
        for _, f in ipairs({
            function() return object:text() end,
            function() return object:clone() end,
            function() return object.body:read() end,
            function() return object:read() end,
            function() return object:waitUntil(print) end,
            function() return object:passThroughOnException() end,
            function() return object() end,
            function() return fetch("http://127.0.0.1/", object) end,
            function() return Response.new(object) end,
        }) do
            local ok, got = pcall(f)
            if ok and type(got) == "string" and #got > 0 then
                return Response.new("ESCAPED: " .. got)
            end
        end
    end
    pcall(function() return kept[6] end)
    return Response.new("held")
end }
