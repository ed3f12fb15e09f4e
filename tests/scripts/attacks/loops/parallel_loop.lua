-- One function loops while others wait.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local function sleep() scheduler.wait(20000) end
    parallel(sleep, sleep, function() pcall(function() while true do end end) end)
    return Response.new("ESCAPED: went on")
end }
