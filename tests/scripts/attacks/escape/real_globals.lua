-- No way from a function of the library to globals other than _G.
-- outcome: held
return { fetch = function(request, env, ctx)
    local seen = {}
    local function look(v, depth)
        if type(v) ~= "table" or seen[v] or depth > 6 then return end
        seen[v] = true
        for k, x in next, v do
            assert(type(x) ~= "userdata" or depth > 0 or k, k)
            for _, name in ipairs { "loadlib", "dofile", "loadfile", "execute",
                                    "popen", "getregistry", "sethook",
                                    "getinfo", "upvaluejoin", "exit" } do
                assert(k ~= name, name)
            end
            look(k, depth + 1)
            look(x, depth + 1)
        end
        look(getmetatable(v), depth + 1)
    end
    look(_G, 0)
    look(env, 0)
    assert(load("return _G", "x")() == _G and _ENV == _G and _G._G == _G)
    local f = load("return _ENV", "x", "t", { only = 1 })
    assert(f().only == 1 and f()._G == nil)
    return Response.new("held")
end }
