-- What is written into env and ctx does not stay.
-- outcome: held
return { fetch = function(request, env, ctx)
    pcall(function() env.leak = 1 end)
    pcall(function() ctx.props = 1 end)
    assert(env.leak == nil)
    return Response.new("held")
end }
