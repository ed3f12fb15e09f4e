-- Each operator has a handler that uses the next operator.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local mt = {}
    local v = setmetatable({}, mt)
    mt.__add = function(a, b) return a - b end
    mt.__sub = function(a, b) return a * b end
    mt.__mul = function(a, b) return a // b end
    mt.__idiv = function(a, b) return a & b end
    mt.__band = function(a, b) return ~a end
    mt.__bnot = function(a) return a << 1 end
    mt.__shl = function(a) return #a end
    mt.__len = function(a) return a(1) end
    mt.__call = function(a) return -a end
    mt.__unm = function(a) return a + a end
    while true do pcall(function() return v + v end) end
end }
