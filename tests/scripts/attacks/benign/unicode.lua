-- Characters, not bytes.
-- outcome: held
return { fetch = function(request, env, ctx)
    local s = "h\u{e9}llo w\u{f6}rld \u{1F600}"
    assert(utf8.len(s) == 13)
    local t = {}
    for _, c in utf8.codes(s) do t[#t + 1] = utf8.char(c) end
    assert(table.concat(t) == s)
    assert(s:sub(utf8.offset(s, 2), utf8.offset(s, 3) - 1) == "\u{e9}")
    local n = 0
    for c in s:gmatch(utf8.charpattern) do n = n + 1 end
    assert(n == 13)
    return Response.new("held")
end }
