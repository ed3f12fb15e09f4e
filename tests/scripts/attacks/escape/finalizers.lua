-- __gc in every way it could be slipped in.
-- outcome: held
return { fetch = function(request, env, ctx)
    local ran
    local function f() ran = true end
    local mt = {}
    setmetatable({}, mt)
    assert(not pcall(setmetatable, {}, { __gc = f }))
    assert(not pcall(setmetatable, {}, { __gc = true }))
    assert(not pcall(function() mt.__gc = f end))
    assert(not pcall(rawset, mt, "__gc", f))
    local meta = { __newindex = function(t, k, v) rawset(t, k, v) end }
    setmetatable(mt, meta)
    assert(not pcall(function() mt.__gc = f end))
    local late = { __gc = false }
    assert(not pcall(setmetatable, {}, late))
    for i = 1, 50000 do local t = { i } end
    return Response.new(ran and "ESCAPED: a finalizer ran" or "held")
end }
