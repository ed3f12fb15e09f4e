-- Iterators over long strings, all kept.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local kept = {}
    while true do
        kept[#kept + 1] = (("g"):rep(2000) .. #kept):gmatch("()g")
        kept[#kept]()
    end
end }
