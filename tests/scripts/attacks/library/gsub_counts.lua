-- Counts, anchors and empty matches of gsub.
-- outcome: held
return { fetch = function(request, env, ctx)
    local s = ("a"):rep(10)
    for n = -1, 12 do
        local r, k = s:gsub("a", "b", n)
        assert(k == math.max(0, math.min(n, 10)) and #r == 10)
    end
    assert(select(2, s:gsub("a", "b", math.mininteger)) == 0)
    assert(select(2, s:gsub("a", "b", math.maxinteger)) == 10)
    assert(s:gsub("^a", "b") == "b" .. ("a"):rep(9))
    assert(("abc"):gsub("", "-") == "-a-b-c-")
    assert(("abc"):gsub("$", "!") == "abc!")
    assert(("abc"):gsub("()", "%1") == "1a2b3c4")
    for _, r in ipairs { "%", "%a", "%2", "%10", "%-" } do
        assert(not pcall(s.gsub, s, "(a)", r .. "\0") or r == "%10")
    end
    assert(not pcall(s.gsub, s, "a") and not pcall(s.gsub, s, "a", true))
    assert(not pcall(s.gsub, s, "a", print, {}))
    return Response.new("held")
end }
