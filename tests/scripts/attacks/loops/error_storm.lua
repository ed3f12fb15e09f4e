-- Errors of all types and levels, as fast as it goes.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local values = { "text", 1, true, {}, print,
                     coroutine.create(print), 0 / 0 }
    while true do
        for level = 0, 300, 50 do
            for _, v in ipairs(values) do pcall(error, v, level) end
            pcall(error)
            pcall(error, nil, level)
        end
    end
end }
