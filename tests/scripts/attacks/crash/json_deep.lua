-- Deep texts and tables, and cycles that hide behind metatables and views.
-- outcome: held
return { fetch = function(request, env, ctx)
    for _, open in ipairs { "[", '{"a":', '[{"":', "[[{\"\":" } do
        local ok, err = pcall(json.decode, open:rep(100000))
        assert(not ok and err.name == "SyntaxError")
    end
    local deep = {}
    for _ = 1, 100000 do deep = { deep } end
    assert(not pcall(json.encode, deep))
    assert(not pcall(console.log, setmetatable({}, { __name = deep })) or true)
    console.log(deep)
    local cycle = setmetatable({}, { __index = function(t) return t end, __len = function() return 5 end,
        __pairs = function(t) return function(_, k) return (k or 0) + 1, t end, t, nil end })
    assert(json.encode(cycle) == "{}")
    cycle.x = { json.array { cycle } }
    assert(not pcall(json.encode, cycle))
    console.log(cycle)
    local co = coroutine.wrap(function() return pcall(json.encode, cycle) end)
    assert(not co())
    return Response.new("held")
end }
