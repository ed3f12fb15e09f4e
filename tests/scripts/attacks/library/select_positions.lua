-- select with positions that are none.
-- outcome: held
return { fetch = function(request, env, ctx)
    for _, n in ipairs { 0, -4, math.mininteger, -math.maxinteger, 1.5, "x", {},
                         0 / 0, "-0x1p70" } do
        assert(not pcall(select, n, "a", "b", "c"), tostring(n))
    end
    assert(select("#") == 0 and select("#", nil, nil) == 2)
    assert(select(math.maxinteger, "a") == nil)
    assert(select("2", "a", "b") == "b" and select(-1, "a", "b") == "b")
    return Response.new("held")
end }
