-- A module that broke the library meets require all the same.
-- outcome: held
require("wreck")
return { fetch = function()
    local fine = require("fine")
    return Response.new(fine)
end }
-- file: wreck.lua
for _, t in ipairs { string, table, math, utf8, coroutine } do
    for k in pairs(t) do
        t[k] = function() while true do end end
    end
end
type, pairs, next, error, tostring = nil, nil, nil, nil, nil
package = { loaded = setmetatable({}, { __index = function() return 1 end }) }
return {}
-- file: fine.lua
return "held"
