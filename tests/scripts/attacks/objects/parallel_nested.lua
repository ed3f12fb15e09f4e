-- parallel in parallel in parallel, with waits at the bottom.
-- outcome: held or cpu or memory or exception
return { fetch = function(request, env, ctx)
    local function level(n)
        if n == 0 then
            scheduler.wait(1)
            return 1
        end
        local function down() return level(n - 1) end
        return #{ parallel(down, down, down) }
    end
    local ok, n = pcall(level, 5)
    assert(not ok or n == 3)
    local function forever(n)
        return parallel(function() return forever(n) end)
    end
    pcall(forever, 1)
    return Response.new("held")
end }
