-- Metatables of which one in fifteen is kept: the others go, with what they hold.
-- outcome: held
return { fetch = function(request, env, ctx)
    local kept = {}
    for i = 1, 9000 do
        local t = setmetatable({}, { __index = { ("x"):rep(6000) .. i } })
        if i % 15 == 0 then
            kept[#kept + 1] = t
        end
    end
    assert(#kept == 600 and kept[7][1]:sub(-3) == "105")
    return Response.new("held")
end }
