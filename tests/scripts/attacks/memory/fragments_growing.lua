-- Each time the holes are a little too small for what comes next.
-- outcome: memory or cpu or held
return { fetch = function(request, env, ctx)
    local size, kept = 100, {}
    for round = 1, 200 do
        for i = 1, 50 do kept[i] = ("g"):rep(size + i) .. round end
        for i = 1, 50, 3 do kept[i] = false end
        size = size * 105 // 100 + 1
        if size > 50000 then size = 100 end
    end
    return Response.new("held")
end }
