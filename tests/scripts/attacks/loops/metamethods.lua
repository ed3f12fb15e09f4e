-- Arithmetic, comparison, length and calls that never come back.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local spin = function() while true do end end
    local mt = {}
    for _, event in ipairs { "__add", "__lt", "__le", "__eq", "__len", "__call",
                             "__index", "__newindex", "__unm", "__shl" } do
        mt[event] = spin
    end
    local a, b = setmetatable({}, mt), setmetatable({}, mt)
    pcall(function() return a + b end)
    pcall(function() return a < b end)
    pcall(function() return #a end)
    return Response.new("ESCAPED: a metamethod came back")
end }
