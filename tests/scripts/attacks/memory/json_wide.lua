-- A text of a megabyte that is a million tables.
-- outcome: memory or cpu or held
return { fetch = function(request, env, ctx)
    local all = {}
    for i = 1, 100 do
        local ok, v = pcall(json.decode, "[" .. ("{},"):rep(400000) .. "[]]")
        all[i] = v
    end
    return Response.new("held")
end }
