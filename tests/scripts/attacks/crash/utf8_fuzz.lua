-- Bytes that are no UTF-8.
-- outcome: held
return { fetch = function(request, env, ctx)
    for i = 1, 3000 do
        local b = {}
        for k = 1, math.random(8) do b[k] = math.random(128, 255) end
        local s = string.char(table.unpack(b))
        utf8.len(s)
        utf8.len(s, 1, -1, true)
        pcall(utf8.codepoint, s, 1, -1, true)
        pcall(utf8.offset, s, math.random(-9, 9))
        pcall(function() for _ in utf8.codes(s, true) do end end)
    end
    return Response.new("held")
end }
