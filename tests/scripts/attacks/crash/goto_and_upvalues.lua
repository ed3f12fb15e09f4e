-- Jumps back into scopes whose variables are captured and closed.
-- outcome: held
return { fetch = function(request, env, ctx)
    local fs, closed = {}, 0
    local i = 1
    ::again::
    do
        local x <close> = setmetatable({}, { __close = function()
            closed = closed + 1
        end })
        local y = i
        fs[i] = function(n) y = y + (n or 0) return y end
        i = i + 1
        if i <= 50 then goto again end
    end
    assert(closed == 50)
    for k = 1, 50 do assert(fs[k](k) == 2 * k and fs[k]() == 2 * k) end
    local n = 0
    repeat
        local z = n
        fs[1] = function() return z end
        if n % 2 == 0 then goto continue end
        n = n + 1
        ::continue::
        n = n + 1
    until fs[1]() >= 20
    return Response.new("held")
end }
