-- Comparison of tables calls comparison of tables.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local mt = {}
    local a, b = setmetatable({}, mt), setmetatable({}, mt)
    mt.__eq = function(x, y) return pcall(rawequal, x, y) and x ~= y end
    mt.__lt = function(x, y) return not (y < x) end
    mt.__le = function(x, y) return not (y <= x) end
    while true do
        pcall(function() return a == b end)
        pcall(function() return a < b end)
        pcall(function() return a <= b end)
    end
end }
