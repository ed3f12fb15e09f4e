-- A module that catches the error of its cycle is loaded all the same.
-- outcome: held
local a = require("a")
return { fetch = function()
    assert(a.name == "a" and a.b.name == "b" and a.b.failed)
    assert(require("a") == a and require("b") == a.b)
    return Response.new("held")
end }
-- file: a.lua
return { name = "a", b = require("b") }
-- file: b.lua
local ok = pcall(require, "a")
return { name = "b", failed = not ok }
