-- Numbers and objects as texts, without end.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local t, n = {}, 0.5
    while true do
        n = n * 1.0000001
        local _ = tostring(n) .. tostring(t) .. tostring(print) .. -n
    end
end }
