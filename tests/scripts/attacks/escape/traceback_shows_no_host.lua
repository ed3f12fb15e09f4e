-- A traceback names the script's own functions only.
-- outcome: held
return { fetch = function(request, env, ctx)
    local function inner() return debug.traceback("here") end
    local co = coroutine.create(function() coroutine.yield(inner()) end)
    local _, text = coroutine.resume(co)
    for _, t in ipairs { text, inner(), debug.traceback(co),
                         debug.traceback("x", 0), debug.traceback("x", -1),
                         debug.traceback("x", 1 << 30) } do
        assert(not t:find("/", 1, true) and not t:find("0x", 1, true), t)
    end
    assert(debug.traceback({}) and type(debug.traceback({})) == "table")
    assert(debug.traceback(nil) ~= 5)
    local n = 0
    for k in pairs(debug) do
        n = n + 1
        assert(k == "traceback", k)
    end
    assert(n == 1)
    return Response.new("held")
end }
