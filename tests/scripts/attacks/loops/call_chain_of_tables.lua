-- Callable tables that are called through callable tables.
-- outcome: cpu or exception
return { fetch = function(request, env, ctx)
    local f = function() end
    for _ = 1, 100 do f = setmetatable({}, { __call = f }) end
    local self = setmetatable({}, {})
    getmetatable(self).__call = self
    while true do
        pcall(f)
        pcall(self)
    end
end }
