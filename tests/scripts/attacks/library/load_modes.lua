-- Modes, environments and chunk names of load.
-- outcome: held
return { fetch = function(request, env, ctx)
    assert(load("return 1", "c", "bt")() == 1)
    assert(not load("return 1", "c", "b") and not load("return 1", "c", ""))
    for _, mode in ipairs { "b", "bt", "t", "tb" } do
        local f, e = load("\27Lua\x54\0\x19\x93\r\n\x1A\n", "c", mode)
        assert(not f and e)
    end
    assert(not pcall(load, function() return nil end))
    assert(not pcall(load, print) and not pcall(load) and not pcall(load, {}))
    local f = load("a = 1 return a", "c", "t", nil)
    assert(not pcall(f))
    f = load("return ...", "c", "t", 5)
    assert(f(7) == 7)
    assert(select(2, load("x x", "=(\n\27[31m)")))
    assert(select(2, load("x x", ("\0"):rep(100))))
    assert(select(2, load("\n\n\n:", "@name")):find("name:4:", 1, true))
    return Response.new("held")
end }
