-- Each function makes a thousand more.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local function grow()
        local f = {}
        for i = 1, 1000 do f[i] = grow end
        parallel(table.unpack(f))
    end
    grow()
end }
