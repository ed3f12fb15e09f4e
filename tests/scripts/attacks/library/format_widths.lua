-- Widths, precisions and flags at and over their bounds.
-- outcome: held
return { fetch = function(request, env, ctx)
    assert(#("%99d"):format(1) == 99)
    assert(#("%.99f"):format(1) == 101)
    assert(#("%99.99f"):format(-1e308) > 400)
    assert(#("%-99s|"):format("x") == 100)
    assert(("%.3s"):format("abcdef") == "abc")
    for _, f in ipairs { "%100d", "%.100f", "%999999999s", "%0123d",
                         "%#s", "%+s", "% s", "%05s", "%#c", "%.3c", "%5q",
                         "%.1q", "%", "%y", "%ll", "%1.2.3f", "%*d", "%n",
                         "%lf", "%-", "%5", "%.", "%#", "%i5%" } do
        assert(not pcall(string.format, f, 1), f)
    end
    assert(not pcall(string.format, "%d", 1.5))
    assert(not pcall(string.format, "%d"))
    assert(not pcall(string.format, "%d", "x"))
    assert(("%d"):format("10") == "10")
    assert(("%q"):format(math.mininteger) == "0x8000000000000000")
    assert(("%q"):format(0 / 0) == "(0/0)" and ("%q"):format("\0\n\r\"\\"))
    assert(not pcall(string.format, "%q", {}))
    assert(("%s"):format("a\0b") == "a\0b")
    assert(("%c%c"):format(0, 255) == "\0\xFF")
    return Response.new("held")
end }
