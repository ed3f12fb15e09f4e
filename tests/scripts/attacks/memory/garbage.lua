-- Garbage is collected before the limit is.
-- outcome: held or cpu
return { fetch = function(request, env, ctx)
    for i = 1, 300 do local s = ("x"):rep(1000000) .. i end
    return Response.new("held")
end }
