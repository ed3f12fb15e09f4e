-- A body without end.
-- outcome: torn
return { fetch = function(request, env, ctx)
    return Response.new(function()
        for i = 1, 5000 do end
        return "x"
    end)
end }
