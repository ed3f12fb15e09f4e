-- Characters counted from the far end of a long string.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local s = ("\u{20AC}"):rep(100000)
    while true do
        utf8.offset(s, -100000)
        utf8.offset(s, 100000)
        pcall(utf8.offset, s, -1, 100)
        utf8.len(s, 1, -1)
    end
end }
