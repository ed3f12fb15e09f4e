-- Errors whose handlers fail, whose texts fail, whose texts are errors.
-- outcome: held or exception
return { fetch = function(request, env, ctx)
    local bad = setmetatable({}, { __tostring = function(t) error(t) end,
                                   __name = "Bad", __index = error,
                                   __eq = error, __len = error })
    for _, f in ipairs { function() error(bad) end,
                         function() error(bad, 2) end,
                         function() return bad.x end,
                         function() return #bad end,
                         function() return bad .. "x" end, function() bad() end,
                         function() return bad < bad end } do
        assert(not pcall(f))
        assert(not xpcall(f, f))
        assert(not xpcall(f, error))
        assert(not xpcall(f, coroutine.yield))
        assert(not pcall(coroutine.wrap(f)))
        assert(not coroutine.resume(coroutine.create(f)))
    end
    error(bad)
end }
