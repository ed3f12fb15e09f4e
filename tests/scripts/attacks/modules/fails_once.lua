-- A module that failed is not taken for loaded.
-- outcome: held
tries = 0
local ok1 = pcall(require, "lib")
local ok2, v2 = pcall(require, "lib")
return { fetch = function()
    assert(not ok1)
    if ok2 then
        assert(v2 == "late", tostring(v2))
    end
    return Response.new("held")
end }
-- file: lib.lua
tries = tries + 1
if tries == 1 then error("not yet") end
return "late"
