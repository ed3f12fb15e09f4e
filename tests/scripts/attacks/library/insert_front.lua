-- Insertions in front of a long list.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local t = {}
    for i = 1, 100000 do t[i] = i end
    while true do table.insert(t, 1, 0) end
end }
