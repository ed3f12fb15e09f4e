-- A table of 20000 sorted by two keys.
-- outcome: held
-- limit: cpu_ms=500
return { fetch = function(request, env, ctx)
    local t, seed = {}, 1
    for i = 1, 20000 do
        seed = seed * 16807 % 2147483647
        t[i] = { a = seed % 100, b = i }
    end
    table.sort(t, function(x, y)
        if x.a ~= y.a then return x.a < y.a end
        return x.b < y.b
    end)
    for i = 2, #t do
        assert(t[i - 1].a < t[i].a or t[i - 1].a == t[i].a and t[i - 1].b < t[i].b)
    end
    return Response.new("held")
end }
