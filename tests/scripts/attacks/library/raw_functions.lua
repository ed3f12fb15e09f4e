-- The raw functions and the types they refuse.
-- outcome: held
return { fetch = function(request, env, ctx)
    local locked = setmetatable({}, { __index = error, __newindex = error,
                                      __len = error, __eq = error })
    assert(rawget(locked, "x") == nil and rawlen(locked) == 0)
    assert(rawset(locked, "x", 1) == locked and rawget(locked, "x") == 1)
    assert(rawequal(locked, locked) and not rawequal(locked, {}))
    for _, v in ipairs { 1, true, print, coroutine.create(print), request } do
        assert(not pcall(rawget, v, 1) and not pcall(rawset, v, 1, 1))
        assert(not pcall(rawlen, v))
    end
    assert(rawlen("abc") == 3 and not pcall(rawset, {}, nil, 1))
    assert(not pcall(rawset, {}, 0 / 0, 1) and not pcall(rawequal, 1))
    assert(not pcall(rawget, {}) and not pcall(rawset, {}, 1))
    return Response.new("held")
end }
