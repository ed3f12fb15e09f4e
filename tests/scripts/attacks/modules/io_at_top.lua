-- What belongs to requests is refused at the top level of modules.
-- outcome: held
local lib = require("lib")
return { fetch = function()
    for name, e in pairs(lib) do
        assert(e:find("global scope", 1, true), name .. ": " .. e)
    end
    assert(lib.fetch and lib.uuid)
    return Response.new("held")
end }
-- file: lib.lua
local failed = {}
for name, f in pairs {
    fetch = function() return fetch("http://127.0.0.1/") end,
    uuid = function() return crypto.randomUUID() end,
    random = function() return crypto.getRandomValues(4) end } do
    local ok, e = pcall(f)
    failed[name] = ok and "ran" or tostring(e)
end
return failed
