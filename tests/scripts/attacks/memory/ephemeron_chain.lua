-- A chain of metatables in no order, each the metatable of the one before.
-- outcome: held or cpu
-- The host keeps a copy of each and knows by weak keys which copies it has.
return { fetch = function(request, env, ctx)
    local keys = {}
    for i = 1, 20000 do
        local mt = { __index = {} }
        setmetatable({}, mt)
        keys[i] = mt
    end
    for i = #keys, 2, -1 do
        local j = math.random(i)
        keys[i], keys[j] = keys[j], keys[i]
    end
    for i = 1, #keys - 1 do
        setmetatable(keys[i], keys[i + 1])
    end
    local first = keys[1]
    local last = keys[#keys]
    keys = nil
    for i = 1, 300000 do local t = { i } end
    local n, mt = 0, first
    while mt do n, mt = n + 1, getmetatable(mt) end
    assert(n == 20000)
    last.__call = function() return "new" end
    assert(not pcall(function() first.__mode = "k" end))
    assert(not pcall(function() last.__gc = print end))
    return Response.new("held")
end }
