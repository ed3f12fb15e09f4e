-- Elements with metamethods, strange members, and lengths that lie.
-- outcome: held
return { fetch = function(request, env, ctx)
    local function trap() error("ESCAPED") end
    local meta = { __index = trap, __len = trap, __pairs = trap, __tostring = trap, __concat = nil, __name = "x" }
    local values = { "x", "", 1, -0.0, 1 / 0, 0 / 0, true, {}, setmetatable({}, meta), request, print,
        coroutine.create(print), "<", "\0", "\xff", ("n"):rep(5000), { name = "b" }, env, ctx }
    math.randomseed(1)
    for round = 1, 500 do
        local function pick() return values[math.random(#values)] end
        local e = setmetatable({ name = pick(), attrs = pick(), pick(), pick() }, meta)
        if math.random(2) == 1 then rawset(e, "name", "a") end
        if math.random(2) == 1 then
            rawset(e, "attrs", setmetatable({ [math.random(2) == 1 and "k" or math.random(9)] = pick() }, meta))
        end
        local ok, got = pcall(xml.encode, e)
        if ok and not pcall(xml.decode, got) then return Response.new("ESCAPED: " .. got) end
        if not ok and tostring(got):find("ESCAPED") then return Response.new("ESCAPED: a metamethod ran") end
    end
    return Response.new("held")
end }
