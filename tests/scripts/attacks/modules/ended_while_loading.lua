-- A cycle of modules, first required by a request, ends in a loop.
-- outcome: cpu
return { fetch = function()
    local ok, e = pcall(require, "a")
    return Response.new("ESCAPED " .. tostring(ok) .. tostring(e))
end }
-- file: a.lua
local b = require("b")
return b
-- file: b.lua
pcall(require, "a")
while true do pcall(require, "a") end
