-- The top level of a required module never ends.
-- outcome: startup or cpu
local lib = require("lib")
return { fetch = function() return Response.new(lib.text) end }
-- file: lib.lua
local n = 0
while true do n = n + 1 end
return { text = "ESCAPED" }
