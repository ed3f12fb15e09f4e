-- The top level is busy in library functions alone.
-- outcome: startup or cpu
local s = ("ab"):rep(20000)
while true do
    s:find("(a-)b%1c")
    s:rep(3):upper():reverse():byte(1, 50)
end
