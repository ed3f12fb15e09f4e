-- One format with ten thousand items of a hundred characters.
-- outcome: cpu or memory or exception
return { fetch = function(request, env, ctx)
    local t = {}
    for i = 1, 7000 do t[i] = i end
    local f = ("%99.99f"):rep(7000)
    while true do pcall(string.format, f, table.unpack(t)) end
end }
