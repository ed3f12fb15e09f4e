-- The table that the main module returns is a proxy without end.
-- outcome: refused or exception or invalid_response
local function forever() while true do end end
return setmetatable({}, { __index = forever, __pairs = forever,
                          __len = forever, __call = forever })
