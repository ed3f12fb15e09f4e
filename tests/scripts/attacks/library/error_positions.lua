-- Error texts that take long to word.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    local f = load("local a = ... return a" .. (".b"):rep(3900))
    local t = {}
    t.b = t
    for i = 1, 100000 do pcall(f, i) pcall(f, t) end
    return Response.new("held")
end }
