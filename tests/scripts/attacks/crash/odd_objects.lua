-- Every constructor and method of the host with arguments of every type.
-- outcome: held or exception or cpu
return { fetch = function(request, env, ctx)
    local values = { 0, -1, 1 << 62, 0.5, 0 / 0, "", "x", "http://a.example/",
                     {}, { 1, 2 }, { a = "b" }, print, true, request, ctx, env,
                     request.headers, { { "a", "b" } }, { method = {} },
                     { headers = { a = { {} } } }, { status = 1e9 },
                     coroutine.create(print), { body = print } }
    local n, seed = #values, 11
    local function any()
        seed = (seed * 1103515245 + 12345) % (1 << 31)
        return values[seed % (n + 1) + 1]
    end
    local methods = { "get", "set", "append", "delete", "has", "entries",
                      "keys", "values", "text", "json", "bytes", "clone",
                      "read", "tee", "cancel", "chunks", "toString", "sort",
                      "getAll" }
    local fields = { "body", "headers", "url", "href", "searchParams", "status",
                     "bodyUsed", "signal", "x" }
    for _ = 1, 100 do
        for _, class in ipairs { Headers, Request, Response, URL,
                                 URLSearchParams, FormData } do
            local ok, o = pcall(class.new, any(), any())
            if ok and o then
                for _ = 1, 3 do
                    local m = methods[seed % #methods + 1]
                    local f = fields[seed % #fields + 1]
                    pcall(function() return o[m](o, any(), any()) end)
                    pcall(function() return o[f][m](o[f], any()) end)
                    pcall(function() o[f] = any() end)
                    pcall(function() return o[m](any(), any()) end)
                end
            end
        end
    end
    return Response.new("held")
end }
