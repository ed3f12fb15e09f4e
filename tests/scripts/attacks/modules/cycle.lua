-- Modules that require each other get an error that names one.
-- outcome: held
local ok, e = pcall(require, "a")
return { fetch = function()
    assert(not ok and tostring(e):find("a", 1, true), e)
    assert(not pcall(require, "a"))
    assert(not pcall(require, "b"))
    return Response.new("held")
end }
-- file: a.lua
return { b = require("b") }
-- file: b.lua
return { a = require("./a.lua") }
