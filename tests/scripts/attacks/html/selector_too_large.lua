-- Selectors larger than a program may be.
-- outcome: held
return { fetch = function(request, env, ctx)
    local texts = { (".a"):rep(100000), ("a,"):rep(100000) .. "a", ("a "):rep(100000),
        ":not(" .. (":not("):rep(10000), "a:nth-child(" .. ("9"):rep(100000) .. ")",
        "[" .. ("a"):rep(1000000), ("\\"):rep(100001), "a" .. ("\0"):rep(1000) }
    for _, text in ipairs(texts) do
        if pcall(function() return HTMLRewriter.new():on(text, {}) end) then
            return Response.new("ESCAPED " .. #text)
        end
    end
    return Response.new("held")
end }
