-- __concat of tenants is not there.
-- outcome: held
return { fetch = function(request, env, ctx)
    local mt = { __index = {} }
    local t = setmetatable({}, mt)
    assert(not pcall(setmetatable, {}, { __concat = function() return "x" end }))
    assert(not pcall(function() mt.__concat = function() return "x" end end))
    assert(not pcall(function() return "a" .. t end))
    return Response.new("held")
end }
