-- Tables packed out of many values, unpacked and packed again.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local t = table.pack(table.unpack({}, 1, 200))
    while true do
        t = table.pack(table.unpack(t, 1, t.n))
        t = table.pack(t, table.unpack(t, 1, t.n))
        if t.n > 5000 then t = { n = 200 } end
    end
end }
