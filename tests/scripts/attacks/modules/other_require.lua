-- A global require of the script's own is the script's own matter.
-- outcome: held
local real = require
function require(name)
    return "mine " .. name
end
return { fetch = function()
    assert(require("lib") == "mine lib")
    assert(real("lib") == "theirs")
    return Response.new("held")
end }
-- file: lib.lua
assert(require("x") == "mine x")
return "theirs"
