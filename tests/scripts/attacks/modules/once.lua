-- All spellings of a name are one module, run once.
-- outcome: held
count = 0
local a = require("lib")
return { fetch = function()
    assert(require("lib.lua") == a and require("./lib") == a)
    assert(require("./lib.lua") == a and count == 1)
    assert(debug.loaded == nil and package == nil)
    return Response.new("held")
end }
-- file: lib.lua
count = count + 1
return {}
