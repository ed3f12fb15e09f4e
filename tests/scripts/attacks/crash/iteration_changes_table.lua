-- Keys come and go while a table is walked.
-- outcome: held
return { fetch = function(request, env, ctx)
    for i = 1, 50 do
        local t = {}
        for k = 1, 200 do t[k] = k t["k" .. k] = k end
        pcall(function()
            for k in pairs(t) do
                t[k] = nil
                for n = 1, 20 do t[k .. "n" .. n] = n end
            end
        end)
        pcall(next, t, "no such key")
    end
    return Response.new("held")
end }
