-- Many metatables, most of them garbage: nothing of one is seen through another.
-- outcome: held
return { fetch = function(request, env, ctx)
    local kept, made = {}, 0
    for i = 1, 20000 do
        local mt = { __index = { n = i } }
        local t = setmetatable({}, mt)
        if i % 37 == 0 then
            kept[#kept + 1] = { t, mt, i }
        end
        assert(getmetatable(mt) == nil)
    end
    for i, row in ipairs(kept) do
        local t, mt, n = row[1], row[2], row[3]
        assert(getmetatable(t) == mt and t.n == n)
        mt.__index = { n = -1 }
        assert(t.n == -1 and setmetatable({}, mt).n == -1)
        mt.__index = nil
        assert(t.n == nil)
        mt.__len = function() return n end
        assert(#t == n and #setmetatable({}, mt) == n)
        assert(not pcall(function() mt.__gc = print end))
        assert(not pcall(rawset, mt, "__mode", "v"))
        local over = { __newindex = function() made = made + 1 end }
        setmetatable(mt, over)
        mt.__mode = "k"
        assert(rawget(mt, "__mode") == nil and getmetatable(mt) == over)
        setmetatable(mt, nil)
        assert(getmetatable(mt) == nil)
        assert(not pcall(function() mt.__concat = print end))
        assert(#setmetatable({}, mt) == n)
    end
    assert(made == #kept)
    return Response.new("held")
end }
