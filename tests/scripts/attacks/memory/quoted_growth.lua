-- Quotes that need quotes.
-- outcome: exception or memory or cpu
return { fetch = function(request, env, ctx)
    local s = ("\0"):rep(1000)
    while true do s = ("%q"):format(s) end
end }
