-- select over many values, from both ends.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local function each(...)
        local n = 0
        for i = 1, select("#", ...) do
            n = n + (select(i, ...) and 1 or 0) + (select(-i, ...) and 1 or 0)
        end
        return n
    end
    local t = {}
    for i = 1, 6000 do t[i] = i end
    while true do each(table.unpack(t)) end
end }
