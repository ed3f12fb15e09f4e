-- Ranges of concat and unpack at the ends of the integers.
-- outcome: held
return { fetch = function(request, env, ctx)
    local max, min = math.maxinteger, math.mininteger
    assert(not pcall(table.concat, {}, "", min, max))
    assert(not pcall(table.concat, {}, "", 1, max))
    assert(not pcall(table.concat, { 1, {} }))
    assert(not pcall(table.concat, { nil, 1 }, "", 1, 2))
    assert(table.concat({}, "x", max, min) == "")
    assert(table.concat({ 1 }, "x", 1, 1) == "1")
    assert(table.concat({ [max] = "m" }, "", max, max) == "m")
    local low = { [min] = "m", [min + 1] = "n" }
    assert(table.concat(low, "-", min, min + 1) == "m-n")
    assert(not pcall(table.unpack, {}, min, max))
    assert(not pcall(table.unpack, {}, 0, max))
    assert(not pcall(table.unpack, {}, 1, 1e7))
    assert(not pcall(table.unpack, {}, min, 0))
    assert(select("#", table.unpack({}, max, min)) == 0)
    assert(table.unpack({ [max] = 1 }, max, max) == 1)
    assert(select("#", table.unpack({}, min, min + 5)) == 6)
    return Response.new("held")
end }
