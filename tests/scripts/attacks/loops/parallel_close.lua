-- What a task leaves open loops when the task fails.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local t = setmetatable({}, { __close = function() while true do end end })
    pcall(parallel, function()
        local x <close> = t
        scheduler.wait(1)
        error("now")
    end)
    return Response.new("ESCAPED: went on")
end }
