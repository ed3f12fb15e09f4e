-- Nesting of every kind.
-- outcome: held
return { fetch = function(request, env, ctx)
    for _, s in ipairs { "(", "{", "a(", "not ", "- ", "function() ", "a[",
                         "if x then ", "while x do ", "do ", "repeat " } do
        assert(not load("return " .. s:rep(20000)))
        assert(not load(s:rep(20000)))
    end
    return Response.new("held")
end }
