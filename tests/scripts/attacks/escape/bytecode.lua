-- Compiled code is never taken.
-- outcome: held
return { fetch = function(request, env, ctx)
    for _, s in ipairs { "\27Lua", "\27LuaT\0\25\147\r\n\26\n", "\27" } do
        for _, mode in ipairs { "b", "bt", "t" } do
            assert(not load(s, "x", mode))
        end
    end
    assert(not pcall(load, function() return "\27Lua" end))
    return Response.new("held")
end }
