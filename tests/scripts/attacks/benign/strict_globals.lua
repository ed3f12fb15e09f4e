-- Global access checked by metamethods of _G.
-- outcome: held
return { fetch = function(request, env, ctx)
    setmetatable(_G, {
        __index = function(_, k) error("no global " .. k, 2) end,
        __newindex = function(_, k) error("new global " .. k, 2) end,
    })
    assert(not pcall(function() return missing end))
    assert(not pcall(function() another = 1 end))
    rawset(_G, "made", 5)
    assert(made == 5)
    return Response.new("held")
end }
