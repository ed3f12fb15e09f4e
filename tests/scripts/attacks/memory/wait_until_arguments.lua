-- waitUntil with arguments without number.
-- outcome: held or memory or exception or cpu
return { fetch = function(request, env, ctx)
    local t = {}
    for i = 1, 200000 do t[i] = i end
    for i = 1, 100 do
        pcall(function() ctx:waitUntil(print, table.unpack(t)) end)
    end
    return Response.new("held")
end }
