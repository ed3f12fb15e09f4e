-- A body that keeps all it gave.
-- outcome: torn
return { fetch = function(request, env, ctx)
    local t = {}
    return Response.new(function()
        t[#t + 1] = ("x"):rep(200000) .. #t
        return "chunk"
    end)
end }
