-- A metatable with events for each table, and new events later.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local kept = {}
    while true do
        local mt = { __index = kept, __len = print, __call = print }
        kept[#kept + 1] = setmetatable({}, mt)
        mt.__add, mt.__unm, mt.__eq = print, print, print
        kept[#kept + 1] = setmetatable(mt, { __newindex = rawset })
    end
end }
