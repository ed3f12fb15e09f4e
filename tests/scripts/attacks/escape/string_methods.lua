-- The methods of strings are this isolate's own, whatever is done to them.
-- outcome: held
return { fetch = function(request, env, ctx)
    local first = string.seen_before
    string.seen_before = true
    string.upper = function() return "ESCAPED" end
    assert(("x"):upper() == "ESCAPED" and getmetatable("") == nil)
    assert(not pcall(setmetatable, "", {}))
    string.__index = function() return "ESCAPED" end
    assert(("x").missing == nil)
    string.__add = function() return 5 end
    assert(not pcall(function() return "a" + "b" end))
    string.upper = nil
    assert(not pcall(function() return ("x"):upper() end))
    return Response.new("held " .. tostring(first))
end }
