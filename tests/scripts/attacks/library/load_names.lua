-- load with names and environments out of all proportion.
-- outcome: memory or cpu or exception
return { fetch = function(request, env, ctx)
    local name = "=" .. ("n"):rep(1000000)
    local kept = {}
    while true do
        kept[#kept + 1] = load("return 1", name .. #kept)
        load("x = = 1", name)
        load("error('x')", "@" .. name, "t", setmetatable({}, {
            __index = function(_, k) return k end }))()
    end
end }
