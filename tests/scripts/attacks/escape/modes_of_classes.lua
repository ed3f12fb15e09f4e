-- A host's class as metatable that becomes weak afterwards: its events stay.
-- outcome: held
return { fetch = function(request, env, ctx)
    local seen = {}
    for name, class in pairs { Headers = Headers, Response = Response,
                               URL = URL, json = json, crypto = crypto } do
        if type(class) == "table"
            and pcall(rawset, class, "__index", function(_, k)
                return name .. k
            end) then
            local ok, t = pcall(setmetatable, {}, class)
            if ok then
                pcall(rawset, class, "__mode", "kv")
                seen[name] = t
            end
        end
    end
    for i = 1, 200000 do local g = { i } end
    for name, t in pairs(seen) do
        assert(t.x == name .. "x", name)
    end
    assert(next(seen))
    return Response.new("held")
end }
