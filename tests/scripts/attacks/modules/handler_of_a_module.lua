-- The Worker is what a module returned, its methods come late.
-- outcome: cpu
local lib = require("lib")
lib.arm()
return lib.worker
-- file: lib.lua
local lib = { worker = {} }
function lib.arm()
    lib.worker.fetch = function(...)
        return lib.worker.fetch(...)
    end
end
return lib
