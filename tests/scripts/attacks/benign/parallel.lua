-- What ordinary code does with parallel.
-- outcome: held
return { fetch = function(request, env, ctx)
    local log = {}
    local function job(name, ms)
        return function()
            log[#log + 1] = name
            scheduler.wait(ms)
            return name .. ms
        end
    end
    local a, b, c = parallel(job("a", 6), job("b", 3), job("c", 0))
    assert(a == "a6" and b == "b3" and c == "c0" and table.concat(log) == "abc")
    local each = {}
    for i = 1, 20 do
        each[i] = function()
            local sum = 0
            for v in coroutine.wrap(function()
                for k = 1, i do scheduler.wait(0) coroutine.yield(k) end
            end) do sum = sum + v end
            return sum
        end
    end
    local sums = { parallel(table.unpack(each)) }
    for i = 1, 20 do assert(sums[i] == i * (i + 1) // 2) end
    local ok, e = pcall(parallel, job("d", 1), function() error({ code = 7 }) end)
    assert(not ok and e.code == 7)
    return Response.new("held")
end }
