-- Coroutines used in every wrong state.
-- outcome: held
return { fetch = function(request, env, ctx)
    local main = coroutine.running()
    assert(not coroutine.resume(main))
    local co
    co = coroutine.create(function()
        assert(not coroutine.resume(co))
        assert(coroutine.status(co) == "running")
        coroutine.wrap(function()
            assert(coroutine.status(co) == "normal")
            assert(not coroutine.resume(co))
        end)()
        error({})
    end)
    assert(type(select(2, coroutine.resume(co))) == "table")
    assert(coroutine.status(co) == "dead" and not coroutine.resume(co))
    for i = 1, 200 do
        local w = coroutine.wrap(function() local x <close> = setmetatable({},
            { __close = function() error("closing", 0) end }) error("first", 0) end)
        pcall(w)
        pcall(w)
    end
    assert(not pcall(coroutine.wrap, nil))
    return Response.new("held")
end }
