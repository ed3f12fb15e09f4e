-- Blocks of all sizes, every second of which is given back.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local kept, n = {}, 0
    while true do
        for size = 8, 4000, 40 do
            kept[#kept + 1] = ("f"):rep(size) .. n
            n = n + 1
        end
        for i = 1, #kept, 2 do kept[i] = kept[#kept] end
    end
end }
