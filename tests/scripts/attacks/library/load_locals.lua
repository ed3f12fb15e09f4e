-- As many variables, upvalues, constants and blocks as the compiler takes.
-- outcome: held
return { fetch = function(request, env, ctx)
    local function list(n, f)
        local t = {}
        for i = 1, n do t[i] = f(i) end
        return table.concat(t)
    end
    local function var(i) return "local v" .. i .. "=" .. i .. " " end
    assert(load(list(200, var)) and not load(list(201, var)))
    assert(not load(("do "):rep(300) .. ("end "):rep(300)))
    assert(not load("return " .. ("("):rep(250) .. "1" .. (")"):rep(250)))
    assert(not load("return " .. ("{"):rep(250) .. ("}"):rep(250)))
    assert(not load(("a."):rep(5000) .. "b = 1"))
    assert(not load("return " .. ("- "):rep(1000) .. "1"))
    assert(not load(("if x then else"):rep(300) .. ("end "):rep(300)))
    assert(not load("goto nowhere") and not load("break"))
    assert(not load("::a::::a::") and not load("local x <odd> = 1"))
    assert(not load("local x <const> = 1 x = 2"))
    assert(not load("local a <close>, b <close> = 1, 2"))
    assert(not load("return ..." .. (", ..."):rep(300) .. " x"))
    assert(not load("function f() return ... end"))
    return Response.new("held")
end }
