-- Iterators of gmatch, kept.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local t, s = {}, ("word "):rep(1000)
    while true do t[#t + 1] = s:gmatch("%a+") t[#t]() end
end }
