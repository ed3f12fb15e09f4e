-- A function of a required module never ends, called under pcall.
-- outcome: cpu
local spin = require("./deep/spin.lua")
return { fetch = function()
    while true do pcall(spin) end
end }
-- file: deep/spin.lua
return function() repeat until false end
