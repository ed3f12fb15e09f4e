-- Growth in small steps, with pauses in between, under pcall.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local function grow(t)
        for i = 1, 500 do t[#t + 1] = tostring(i) .. #t end
    end
    local t = {}
    while true do
        if not pcall(grow, t) then t = {} end
        coroutine.wrap(function() for _ = 1, 50 do end end)()
    end
end }
