-- Loaded code sees the tenant's globals, no others.
-- outcome: held
return { fetch = function(request, env, ctx)
    assert(load("return _G")() == _G)
    local f = load("x = 1 return _ENV", "c", "t", {})
    assert(f() ~= _G and rawget(_G, "x") == nil)
    assert(load("return require and debug and os and string")() == string)
    return Response.new("held")
end }
