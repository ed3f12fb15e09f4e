-- The host's copy of a metatable cannot be reached.
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
    return Response.new("held")
end }
