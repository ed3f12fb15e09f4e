-- The host's own metatables and copies of metatables cannot be reached.
-- outcome: held
return { fetch = function(request, env, ctx)
    local mt = { __index = function(t, k) return k end }
    local o = setmetatable({}, mt)
    assert(getmetatable(o) == mt and getmetatable(mt) == nil)
    for k, v in pairs(mt) do assert(k == "__index") end
    assert(next(mt, "__index") == nil and rawlen(mt) == 0)
    assert(mt[1] == nil and mt[2] == nil and mt[3] == nil)
    mt[1], mt[2], mt[3] = "a", "b", "c"
    assert(getmetatable(o) == mt and o.x == "x")
    local over = { __len = function() return 9 end }
    setmetatable(mt, over)
    assert(#mt == 9 and getmetatable(mt) == over and over[1] == nil)
    over[1], over[2] = "x", "y"
    assert(getmetatable(mt) == over and getmetatable(over) == nil)
    return Response.new("held")
end }
