-- A separator larger than everything.
-- outcome: exception
return { fetch = function(request, env, ctx)
    local t = {}
    for i = 1, 1000 do t[i] = "" end
    return Response.new(table.concat(t, ("x"):rep(1000000)))
end }
