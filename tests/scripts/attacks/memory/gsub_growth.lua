-- Each character becomes a thousand.
-- outcome: exception or memory or cpu
return { fetch = function(request, env, ctx)
    local s = ("x"):rep(1000)
    while true do s = s:gsub(".", ("y"):rep(1000)) end
end }
