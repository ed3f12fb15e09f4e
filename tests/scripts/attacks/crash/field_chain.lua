-- Error texts follow a chain of fields on the C stack.
-- outcome: held
return { fetch = function(request, env, ctx)
    local f, why = load("local a = ... return a" .. (".b"):rep(100000))
    assert(not f and why == "field chain too long")
    local t = {}
    t.b = t
    assert(load("local a = ... return a" .. (".b"):rep(3900) .. ".c.d"))
    assert(not pcall(load("local a = ... return a" .. (".b"):rep(3900)
                          .. ".c.d"), t))
    return Response.new("held")
end }
