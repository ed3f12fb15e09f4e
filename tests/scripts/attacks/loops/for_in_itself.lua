-- A generic loop whose iterator is a loop, whose closing value is another.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local function forever() return true end
    for _ in forever, nil, nil, setmetatable({}, { __close = function()
        for _ in forever do end
    end }) do
        for _ in forever do
            for _ in forever do end
        end
    end
end }
