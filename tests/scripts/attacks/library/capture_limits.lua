-- Captures: 32, 33, unfinished, nested and referred to.
-- outcome: held
return { fetch = function(request, env, ctx)
    assert(select("#", ("x"):rep(32):match(("(x)"):rep(32))) == 32)
    for _, p in ipairs { ("(x)"):rep(33), "(", "(()", "%1", "(%1)", "(x%2)",
                         "%b", "%bx", "%f", "[", "[^", "[%", "[a-", "%",
                         ("("):rep(40) .. (")"):rep(40) } do
        assert(not pcall(string.find, ("x"):rep(40), p), p)
        pcall(string.gsub, ("x"):rep(40), p, "")
        assert(not pcall(function()
            for _ in ("x"):rep(40):gmatch(p) do end
        end), p)
    end
    assert(("xyxy"):match("((x)(y))%1") == "xy")
    assert(("x"):rep(300000):find(("x?"):rep(100)))
    return Response.new("held")
end }
