-- Many values, many times.
-- outcome: cpu or memory or exception
return { fetch = function(request, env, ctx)
    local t = table.pack(table.unpack({}, 1, 200000))
    while true do pcall(select, -1, table.unpack(t, 1, 200000)) end
end }
