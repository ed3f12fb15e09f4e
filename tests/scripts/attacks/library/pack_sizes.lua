-- Sizes, alignments and positions of pack that overflow.
-- outcome: held
return { fetch = function(request, env, ctx)
    for _, f in ipairs { "i0", "i17", "I99", "!0", "!17", "!3i4", "s0", "s17",
                         "c", "c-1", "X", "Xz", "Xc3", "q", "i",
                         "c99999999999999999999", "!99999999999" } do
        local ok = pcall(string.pack, f, 1, "x")
        assert(not ok or f == "i", f)
        pcall(string.packsize, f)
        pcall(string.unpack, f, ("x"):rep(64))
    end
    assert(not pcall(string.packsize, ("c2147483647"):rep(3)))
    assert(not pcall(string.packsize, "s") and not pcall(string.packsize, "z"))
    assert(not pcall(string.pack, "z", "a\0b"))
    assert(not pcall(string.pack, "s1", ("x"):rep(256)))
    assert(not pcall(string.pack, "b", 128) and not pcall(string.pack, "B", -1))
    assert(not pcall(string.unpack, "z", "abc"))
    assert(not pcall(string.unpack, "s4", "\255\255\255\127x"))
    assert(not pcall(string.unpack, "s8", ("\255"):rep(8) .. "x"))
    assert(not pcall(string.unpack, "i16", ("\255"):rep(15) .. "\0"))
    assert(not pcall(string.unpack, "i4", "abcd", 6))
    assert(string.unpack("<i4", "abcd", math.mininteger) == 0x64636261)
    assert(not pcall(string.unpack, "i4", "abcd", math.maxinteger))
    assert(string.unpack("<i4", "abcd", -4) == 0x64636261)
    assert(#string.pack("!16 b Xi16 i16", 1, 2) == 32)
    return Response.new("held")
end }
