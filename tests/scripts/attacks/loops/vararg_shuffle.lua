-- Arguments are handed on and turned about.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local function shuffle(n, first, ...)
        if n == 0 then return ... end
        return shuffle(n - 1, ..., first, select(2, ...))
    end
    while true do
        pcall(shuffle, 1000, 1, 2, 3, 4, 5)
        pcall(shuffle, 1000, table.unpack({}, 1, 240))
    end
end }
