-- The characters of long strings, strict and lax.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local good = ("\u{20AC}\u{10FFFF}a"):rep(20000)
    local lax = ("\u{7FFFFFFF}"):rep(20000)
    while true do
        for _ in utf8.codes(good) do end
        for _ in utf8.codes(lax, true) do end
        pcall(function() for _ in utf8.codes(lax) do end end)
        assert(utf8.len(good) and not utf8.len(lax))
    end
end }
