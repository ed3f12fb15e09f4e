-- Sizes of rep that overflow when a separator is added.
-- outcome: held
return { fetch = function(request, env, ctx)
    local max = math.maxinteger
    for _, case in ipairs {
        { "", max, "x" }, { "x", max, "" }, { "x", max // 2, "x" },
        { "x", 1 << 31, "xx" }, { ("x"):rep(9), 1 << 50, "" },
        { "xyz", max // 3 + 1 }, { "", 1 << 62, "xy" },
        { "ab", 1 << 40, "c" } } do
        assert(not pcall(string.rep, table.unpack(case)))
    end
    assert(("x"):rep(math.mininteger, ",") == "")
    assert(("x"):rep(0, "y") == "")
    assert((""):rep(max) == "" and (""):rep(max, "") == "")
    assert(("x"):rep(1, ("y"):rep(1000)) == "x")
    return Response.new("held")
end }
