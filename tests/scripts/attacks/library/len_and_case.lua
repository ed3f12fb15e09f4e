-- Case and length of strings that grow and shrink.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local s = "ÄÖÜ aBc"
    while true do
        s = s:upper() .. s:lower()
        if s:len() > 1000000 then s = s:sub(1, 7) end
    end
end }
