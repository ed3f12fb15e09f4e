-- A short text of very many parameters, and sorting them.
-- outcome: memory or cpu or held
return { fetch = function(request, env, ctx)
    local params = URLSearchParams.new(("&a"):rep(2000000))
    params:sort()
    return Response.new("held " .. params.size)
end }
