-- Integer keys that all fall into one slot.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local t, step = {}, (1 << 16) - 1
    for i = 1, 60000 do t[i * step * 5] = i end
    while true do for i = 1, 60000 do t[i * step * 5] = i end end
end }
