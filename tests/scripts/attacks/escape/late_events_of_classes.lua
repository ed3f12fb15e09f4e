-- A host's class as metatable, and refused events put into it afterwards.
-- outcome: held
return { fetch = function(request, env, ctx)
    for _, class in ipairs { Headers, Response, URL, json, crypto, env } do
        if type(class) == "table" then
            local ok, t = pcall(setmetatable, {}, class)
            if ok then
                local shown = getmetatable(t)
                assert(shown == class or shown == false or shown == nil
                       or type(shown) == "string")
                for _, event in ipairs { "__mode", "__gc", "__concat" } do
                    pcall(rawset, class, event, event == "__mode" and "kv"
                          or function() error("ESCAPED") end)
                end
            end
        end
    end
    local class = setmetatable({}, { __index = { x = 1 } })
    local t = setmetatable({}, class)
    class.__index = function() return {} end
    assert(not pcall(rawset, class, "__mode", "v"))
    for i = 1, 50000 do local g = { i } end
    assert(type(t.anything) == "table" and getmetatable(t) == class)
    return Response.new("held")
end }
