-- Every level of a recursion would catch a limit raised as an error.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local function down(n)
        pcall(down, n + 1)
        while true do n = n + 1 end
    end
    down(0)
end }
