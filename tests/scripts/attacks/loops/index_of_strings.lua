-- Strings are asked for methods that are not there.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local s = "text"
    while true do
        pcall(function() return s.missing.more end)
        pcall(function() return s:missing() end)
        local _ = s.len(s), #s, s.x
    end
end }
