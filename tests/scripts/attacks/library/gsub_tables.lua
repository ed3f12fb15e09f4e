-- Replacements out of tables that answer slowly and at length.
-- outcome: cpu or memory or exception
return { fetch = function(request, env, ctx)
    local slow = setmetatable({}, { __index = function(_, k)
        for _ = 1, 20 do end
        return k .. k
    end })
    local s = ("word "):rep(1000)
    while true do
        s:gsub("%w+", slow)
        s:gsub("", slow)
        s:gsub("(%w)(%w)", slow, 500)
    end
end }
