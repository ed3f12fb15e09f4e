-- The fourth value of a generic loop never ends its closing.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    for _ in function() end, nil, nil, setmetatable({}, { __close = function()
        local n = 0
        while n >= 0 do n = n + 1 - 1 end
    end }) do end
    return Response.new("ESCAPED")
end }
