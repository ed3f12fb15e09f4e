-- Sequences that are cut, overlong, surrogates and too large.
-- outcome: held
return { fetch = function(request, env, ctx)
    local broken = { "\x80", "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC0\x80",
                     "\xE0\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF", "\xFE\x80",
                     "\xED\xA0\x80", "\xF4\x90\x80\x80", "a\xC3", "\xC3a" }
    for _, s in ipairs(broken) do
        local n, at = utf8.len(s)
        assert(n == nil and at >= 1 and at <= #s)
        assert(not pcall(utf8.codepoint, s, 1, -1))
        assert(not pcall(function() for _ in utf8.codes(s) do end end))
        for n = -3, 3 do
            for i = -1, #s + 2 do pcall(utf8.offset, s, n, i) end
        end
    end
    assert(utf8.len("\xED\xA0\x80", 1, -1, true) == 1)
    assert(not pcall(utf8.char, -1) and not pcall(utf8.char, 1 << 31))
    assert(#utf8.char((1 << 31) - 1) == 6 and utf8.char() == "")
    assert(not pcall(utf8.codepoint, "abc", 1, 4))
    assert(not pcall(utf8.len, "abc", 5) and utf8.len("abc", 4) == 0)
    assert(not pcall(utf8.char, table.unpack({ 1, 2, "x" })))
    return Response.new("held")
end }
