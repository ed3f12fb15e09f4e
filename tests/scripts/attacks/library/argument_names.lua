-- Errors that look for a function's name among very many globals.
-- outcome: cpu or held
return { fetch = function(request, env, ctx)
    for i = 1, 60000 do _G["name" .. i] = i end
    for i = 1, 5000 do pcall(string.rep) end
    return Response.new("held")
end }
