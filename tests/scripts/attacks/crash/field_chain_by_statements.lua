-- The same chain, one statement each.
-- outcome: held
return { fetch = function(request, env, ctx)
    local f, why = load("local x = ... " .. ("x = x.b "):rep(30000) .. "return x.c.d")
    assert(not f and why == "field chain too long")
    local t = {}
    t.b = t
    assert(not pcall(load("local x = ... " .. ("x = x.b "):rep(3900)
                          .. "return x.c.d"), t))
    return Response.new("held")
end }
