-- Passes over a long text.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    local s = ("\u{20ac}"):rep(1000000)
    while true do utf8.len(s) utf8.offset(s, -1) utf8.offset(s, 500000) end
end }
