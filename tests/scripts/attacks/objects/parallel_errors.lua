-- Errors, yields, closings and odd values in what runs at once.
-- outcome: held
return { fetch = function(request, env, ctx)
    local closed = 0
    local function closing()
        return setmetatable({},
        { __close = function() closed = closed + 1 end })
    end
    local ok, e = pcall(parallel, function()
        local x <close> = closing()
        scheduler.wait(2)
        error({ "late" })
    end, function()
        local x <close> = closing()
        error("early", 0)
    end, function() coroutine.yield("mine") end, function()
        return coroutine.wrap(function()
            scheduler.wait(1)
            coroutine.yield(1)
        end)()
    end)
    assert(not ok)
    for _, v in ipairs { 1, "x", {}, true, coroutine.create(print) } do
        assert(not pcall(parallel, v, print))
    end
    pcall(parallel)
    pcall(parallel, parallel, parallel)
    pcall(parallel, pcall, error, coroutine.yield)
    table.sort({ 3, 2, 1 }, function(a, b)
        pcall(parallel, function() scheduler.wait(1) end)
        return a < b
    end)
    local y = ("x"):gsub("x", function()
        return (parallel(function() scheduler.wait(1) return "y" end))
    end)
    assert(y == "y")
    return Response.new("held")
end }
