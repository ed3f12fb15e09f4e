-- Long strings that differ at their ends alone, compared by the sort.
-- outcome: cpu or exception
return { fetch = function(request, env, ctx)
    local t, base = {}, ("same"):rep(20000)
    for i = 1, 100 do t[i] = base .. (100 - i) end
    while true do
        table.sort(t)
        table.sort(t, function(a, b) return b < a end)
    end
end }
