-- gmatch from the ends of the integers, and after its subject is gone.
-- outcome: held
return { fetch = function(request, env, ctx)
    local s = "one two three"
    for _, init in ipairs { math.mininteger, -100, -13, -1, 0, 1, 13, 14, 15,
                            100, math.maxinteger } do
        local n = 0
        for _ in s:gmatch("%w*", init) do n = n + 1 end
        assert(n <= 14)
    end
    local it = ("x"):rep(100000):gmatch("x")
    for _ = 1, 10 do
        local _ = ("y"):rep(100000)
        assert(it() == "x")
    end
    local co = coroutine.wrap(function() for w in s:gmatch("%a+") do
        coroutine.yield(w)
    end end)
    assert(co() == "one" and co() == "two" and co() == "three")
    return Response.new("held")
end }
