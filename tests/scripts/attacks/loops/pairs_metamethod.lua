-- __pairs gives an endless iterator written in C.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local t = setmetatable({}, { __pairs = function(self)
        return rawequal, self, false
    end })
    while true do for _ in pairs(t) do end end
end }
