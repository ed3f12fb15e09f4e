-- __mode in every way it could be slipped in.
-- outcome: held
return { fetch = function(request, env, ctx)
    local mt = {}
    local t = setmetatable({ {} }, mt)
    assert(not pcall(setmetatable, {}, { __mode = "k" }))
    assert(not pcall(function() mt.__mode = "v" end))
    assert(not pcall(rawset, mt, "__mode", "kv"))
    for i = 1, 50000 do local g = { i } end
    return Response.new(t[1] and "held" or "ESCAPED: a weak table")
end }
