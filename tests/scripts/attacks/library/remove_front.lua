-- Removals from the front of a long list, which is filled again.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local t = {}
    while true do
        for i = 1, 50000 do t[#t + 1] = i end
        while #t > 0 do table.remove(t, 1) end
    end
end }
