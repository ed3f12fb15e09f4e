-- Integer loops over the whole range.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    for _ = math.mininteger, math.maxinteger do end
    return Response.new("ESCAPED")
end }
