-- A chain of a thousand tables, asked for what is not there.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local t = {}
    for _ = 1, 1000 do t = setmetatable({}, { __index = t }) end
    while true do
        for _ = 1, 100 do local _ = t.missing end
    end
end }
