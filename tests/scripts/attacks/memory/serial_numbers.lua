-- The text of very many objects.
-- outcome: held or cpu
return { fetch = function(request, env, ctx)
    for i = 1, 200000 do tostring({}) end
    return Response.new("held")
end }
