-- A coroutine made at the top level keeps all that a request makes.
-- outcome: memory or cpu
local kept = {}
local co = coroutine.wrap(function()
    for i = 1, math.huge do
        kept[#kept + 1] = { i, tostring(i), { i } }
        if i % 100 == 0 then coroutine.yield(i) end
    end
end)
return { fetch = function()
    while true do co() end
end }
