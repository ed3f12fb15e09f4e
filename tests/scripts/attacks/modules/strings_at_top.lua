-- The top level makes strings that nobody keeps, and one that grows.
-- outcome: startup or memory or refused or cpu
local all = "seed"
while true do
    all = all .. all:sub(1, 1000)
    local lost = all:rep(3)
end
return {}
