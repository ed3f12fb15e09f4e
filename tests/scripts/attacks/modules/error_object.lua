-- The error of a module is an object whose text takes for ever.
-- outcome: startup or cpu or refused
require("lib")
return { fetch = function() return Response.new("ESCAPED") end }
-- file: lib.lua
error(setmetatable({}, { __tostring = function()
    while true do end
end, __name = setmetatable({}, {}) }))
