-- To-be-closed variables run code on the way out.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local closer = { __close = function() while true do end end }
    local ok = pcall(function()
        local a <close> = setmetatable({}, closer)
        local b <close> = setmetatable({}, closer)
        error("out")
    end)
    return Response.new("ESCAPED: closed " .. tostring(ok))
end }
