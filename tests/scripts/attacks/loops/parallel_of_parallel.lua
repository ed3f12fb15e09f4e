-- Groups that are made for ever, each waiting for the next.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local function down() parallel(down, function() scheduler.wait(1) end) end
    parallel(down)
end }
