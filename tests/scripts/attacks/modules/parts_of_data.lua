-- Parts that are no Lua are data, whatever is in them.
-- outcome: held
return { fetch = function()
    local text = require("page.txt")
    assert(type(text) == "string" and text:find("while true", 1, true))
    assert(not pcall(require, "broken.json"))
    assert(not pcall(require, "broken.json"))
    local ok, deep = pcall(require, "deep.json")
    assert(not ok)
    return Response.new("held")
end }
-- file: page.txt
while true do end
-- file: broken.json
{"a": [1, 2,
-- file: deep.json
[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
