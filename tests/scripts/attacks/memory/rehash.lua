-- Tables that grow past each power of two, in both of their parts.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local all = {}
    while true do
        local t = {}
        for i = 1, 1025 do
            t[i] = i
            t["k" .. i] = i
            t[-i] = i
        end
        all[#all + 1] = t
    end
end }
