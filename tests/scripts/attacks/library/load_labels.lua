-- Many labels and jumps in one function.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    local parts = {}
    for i = 1, 9000 do parts[i] = ("goto l%d ::l%d::"):format(i, i) end
    local text = table.concat(parts, " ")
    while true do load(text) end
end }
