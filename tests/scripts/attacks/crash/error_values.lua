-- Errors that are no texts.
-- outcome: held
return { fetch = function(request, env, ctx)
    for _, v in ipairs { 1, true, {}, print, coroutine.create(print),
                         setmetatable({}, { __tostring = function() return 1 end }) } do
        local ok, e = pcall(error, v)
        assert(not ok and e == v)
        xpcall(error, tostring, v)
        pcall(coroutine.wrap(function() error(v) end))
    end
    assert(select(2, pcall(error)) == nil)
    return Response.new("held")
end }
