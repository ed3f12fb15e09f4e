-- Long texts read by long formats.
-- outcome: cpu or memory or exception
return { fetch = function(request, env, ctx)
    local s = ("x"):rep(300000)
    local bytes, strings = ("b"):rep(200), ("c1000"):rep(200)
    while true do
        string.unpack(bytes, s)
        string.unpack(strings, s)
        pcall(string.unpack, ("!16 c3 Xi16"):rep(3000), s)
        pcall(string.unpack, "z", s)
    end
end }
