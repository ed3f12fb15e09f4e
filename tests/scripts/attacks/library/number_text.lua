-- Numerals of millions of digits.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    local s = ("7"):rep(2000000)
    while true do tonumber(s) tonumber(s, 8) local n = s + 0 end
end }
