-- __index and __newindex in a circle.
-- outcome: held
return { fetch = function(request, env, ctx)
    local a, b = {}, {}
    setmetatable(a, { __index = b, __newindex = b })
    setmetatable(b, { __index = a, __newindex = a })
    assert(not pcall(function() return a.x end))
    assert(not pcall(function() a.x = 1 end))
    local c = {}
    c.__index = c
    setmetatable(c, c)
    assert(not pcall(function() return c.x end))
    return Response.new("held")
end }
