-- Texts of JSON that hold each other.
-- outcome: memory or cpu or exception
return { fetch = function(request, env, ctx)
    local v = "\u{1}\"\\"
    while true do
        local ok, text = pcall(json.encode, { v, v, v })
        assert(ok, text)
        v = text
    end
end }
