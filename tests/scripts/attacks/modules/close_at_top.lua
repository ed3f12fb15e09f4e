-- A variable of a module's top level is closed for ever.
-- outcome: startup or cpu
require("lib")
return { fetch = function() return Response.new("ESCAPED") end }
-- file: lib.lua
local held <close> = setmetatable({}, { __close = function()
    while true do end
end })
error("closing")
