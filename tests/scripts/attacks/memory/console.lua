-- Lines for the log, more than anybody reads.
-- outcome: memory or cpu or held
return { fetch = function(request, env, ctx)
    local line = ("l"):rep(10000)
    for i = 1, 100000 do console.log(i, line) end
    return Response.new("held")
end }
