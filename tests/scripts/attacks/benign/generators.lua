-- Coroutines as producers and pipelines.
-- outcome: held
return { fetch = function(request, env, ctx)
    local function range(n)
        return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end)
    end
    local function filter(f, g)
        return coroutine.wrap(function()
            for v in g do if f(v) then coroutine.yield(v) end end
        end)
    end
    local sum = 0
    for v in filter(function(v) return v % 3 == 0 end, range(3000)) do
        sum = sum + v
    end
    assert(sum == 1501500)
    return Response.new("held")
end }
