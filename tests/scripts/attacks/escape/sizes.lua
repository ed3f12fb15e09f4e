-- Sizes and counts that overflow in the host's arithmetic.
-- outcome: held
return { fetch = function(request, env, ctx)
    local max = math.maxinteger
    for _, n in ipairs { max, max - 1, -1, math.mininteger, 1 << 32,
                         (1 << 32) - 1, 1 << 31, 2 ^ 53, 1e300, 0 / 0, 1.5 } do
        pcall(function() return Response.new("x").body:read(n) end)
        pcall(function() return Response.new("x", { status = n }) end)
        pcall(function() return Response.redirect("http://a.example/", n) end)
        pcall(function() return crypto.getRandomValues(n) end)
        pcall(function()
            return Request.new("http://a.example/", { timeout = n })
        end)
        pcall(function() return AbortSignal.timeout(n) end)
        pcall(function() return ("x"):rep(n) end)
        pcall(function() return table.move({}, n, n, n) end)
        pcall(function() return table.concat({}, "", n, n) end)
        pcall(function() return ctx:waitUntil(n) end)
        pcall(function() return string.pack("c" .. n, "") end)
    end
    assert(not pcall(Response.new, "", { status = 1 << 32 }))
    assert(not pcall(crypto.getRandomValues, max))
    return Response.new("held")
end }
