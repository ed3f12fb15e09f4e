-- The top level resumes coroutines that resume coroutines.
-- outcome: startup or memory or cpu
local function level(n)
    return coroutine.wrap(function()
        local inner = n > 0 and level(n - 1) or function() end
        while true do
            inner()
            coroutine.yield()
        end
    end)
end
local tree = level(50)
while true do tree() end
