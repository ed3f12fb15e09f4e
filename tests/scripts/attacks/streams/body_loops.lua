-- A body that gives a chunk and then loops.
-- outcome: torn
return { fetch = function(request, env, ctx)
    local n = 0
    return Response.new(function()
        n = n + 1
        if n > 1 then while true do end end
        return "first"
    end)
end }
