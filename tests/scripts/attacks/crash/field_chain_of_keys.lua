-- The same through the keys of an index.
-- outcome: held
return { fetch = function(request, env, ctx)
    local f = load("local x = ... return x" .. ("[x"):rep(180) .. (".b"):rep(100)
                   .. ("]"):rep(180))
    assert(f)
    pcall(f, {})
    assert(not load("local x = ... return x[x" .. (".b"):rep(50000) .. "]"))
    return Response.new("held")
end }
