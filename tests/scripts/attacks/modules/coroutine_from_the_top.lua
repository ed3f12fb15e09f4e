-- A coroutine that was made before any request is resumed in one.
-- outcome: cpu
local co = coroutine.wrap(function()
    coroutine.yield()
    while true do
        pcall(function() while true do end end)
    end
end)
co()
return { fetch = function()
    return Response.new("ESCAPED " .. tostring(co()))
end }
