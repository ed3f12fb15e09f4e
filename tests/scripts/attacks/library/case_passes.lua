-- Copies of a long text.
-- outcome: exception or cpu or memory
return { fetch = function(request, env, ctx)
    local s = ("Ab"):rep(1000000)
    while true do s:upper() s:lower() s:reverse() s:sub(2) s:byte(-1) end
end }
