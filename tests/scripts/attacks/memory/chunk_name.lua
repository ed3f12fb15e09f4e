-- A chunk name of megabytes.
-- outcome: held or exception
return { fetch = function(request, env, ctx)
    local name = ("n"):rep(2000000)
    for i = 1, 20 do load("x =", name) load("error('x')", name) end
    return Response.new("held")
end }
