-- Header values cannot start a line of their own.
-- outcome: held
return { fetch = function(request, env, ctx)
    for _, v in ipairs { "a\r\nx-evil: 1", "a\nb", "a\rb", "a\0b" } do
        assert(not pcall(Response.new, "x", { headers = { ["x-a"] = v } }))
        assert(not pcall(function() Headers.new():set("x-a", v) end))
        assert(not pcall(function() Headers.new():set(v, "x") end))
    end
    return Response.new("held")
end }
