-- Comparison in constant time refuses what it cannot compare.
-- outcome: held
return { fetch = function(request, env, ctx)
    assert(crypto.timingSafeEqual("abc", "abc"))
    assert(not crypto.timingSafeEqual("abc", "abd"))
    for _, v in ipairs { {}, print, true } do
        assert(not pcall(crypto.timingSafeEqual, v, "abc"))
        assert(not pcall(crypto.timingSafeEqual, "abc", v))
    end
    local ok, same = pcall(crypto.timingSafeEqual, "abc", "ab")
    assert(not ok or same == false)
    return Response.new("held")
end }
