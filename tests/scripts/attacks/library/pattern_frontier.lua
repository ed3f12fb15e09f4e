-- A frontier with a large set.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    local set = "%f[" .. ("a-b"):rep(20000) .. "]"
    return Response.new(tostring(("x"):rep(100000):find(set)))
end }
