-- Assignments that are handed from table to table.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local a, b = {}, {}
    setmetatable(a, { __newindex = function(_, k, v) b[k] = v end })
    setmetatable(b, { __newindex = function(_, k, v) a[k] = v end })
    while true do
        pcall(function() a.x = 1 end)
    end
end }
