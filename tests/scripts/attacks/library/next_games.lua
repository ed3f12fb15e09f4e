-- next with keys that are not there, and while fields come.
-- outcome: held
return { fetch = function(request, env, ctx)
    local t = { 1, 2, 3, a = 1, b = 2 }
    assert(not pcall(next, t, "missing") and not pcall(next, t, 99))
    assert(not pcall(next, t, 0 / 0) and not pcall(next, t, {}))
    assert(not pcall(next, nil) and not pcall(next))
    assert(next({}) == nil and next({}, nil) == nil)
    local n = 0
    for k in pairs(t) do
        t[k] = nil
        n = n + 1
    end
    assert(n == 5 and next(t) == nil)
    for i = 1, 100 do t[i] = i end
    for k in next, t do
        t[k] = nil
        if k % 10 == 0 then collectgarbage("count") end
    end
    assert(next(t) == nil)
    for _ = 1, 20 do
        local steps = 0
        local grown = { x = 1 }
        pcall(function()
            for k in pairs(grown) do
                steps = steps + 1
                grown[k .. steps] = steps
                if steps > 200 then break end
            end
        end)
    end
    return Response.new("held")
end }
