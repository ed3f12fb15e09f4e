-- To-be-closed values that are none, change and fail.
-- outcome: held
return { fetch = function(request, env, ctx)
    for _, v in ipairs { 1, "x", {}, print, true, coroutine.create(print) } do
        local ok = pcall(function() local c <close> = v end)
        assert(not ok)
    end
    do local none <close> = nil end
    do local no <close> = false end
    local mt = { __close = function() end }
    local v = setmetatable({}, mt)
    pcall(function()
        local c <close> = v
        setmetatable(v, nil)
    end)
    pcall(function()
        local c <close> = setmetatable({}, mt)
        mt.__close = 5
    end)
    local co = coroutine.wrap(function()
        local a <close> = setmetatable({}, { __close = function()
            coroutine.yield("a")
            error("a")
        end })
        local b <close> = setmetatable({}, { __close = function(_, e)
            coroutine.yield("b")
            error(tostring(e) .. "b")
        end })
        error("x", 0)
    end)
    for _ = 1, 5 do pcall(co) end
    return Response.new("held")
end }
