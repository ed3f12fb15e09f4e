-- Producers, filters and consumers as coroutines.
-- outcome: held
return { fetch = function(request, env, ctx)
    local function producer(n)
        return coroutine.wrap(function()
            for i = 1, n do coroutine.yield(i) end
        end)
    end
    local function filter(source, keep)
        return coroutine.wrap(function()
            for v in source do if keep(v) then coroutine.yield(v) end end
        end)
    end
    local sum = 0
    for v in filter(filter(producer(1000), function(v) return v % 2 == 0 end),
                    function(v) return v % 3 == 0 end) do sum = sum + v end
    assert(sum == 83166)
    local cos = {}
    for i = 1, 500 do cos[i] = producer(3) end
    for _ = 1, 3 do for _, co in ipairs(cos) do assert(co()) end end
    return Response.new("held")
end }
