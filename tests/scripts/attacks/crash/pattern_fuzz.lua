-- Patterns of random characters.
-- outcome: held
return { fetch = function(request, env, ctx)
    local alphabet = "%%%%[[]]^^$$()()**++--??..abfz019\0\255"
    for i = 1, 3000 do
        local p = {}
        for k = 1, math.random(12) do
            local n = math.random(#alphabet)
            p[k] = alphabet:sub(n, n)
        end
        p = table.concat(p)
        pcall(string.find, "ab(c)1\0z", p)
        pcall(string.gsub, "ab(c)1\0z", p, p)
        pcall(string.match, "ab(c)1\0z", p, -2)
        pcall(function() for _ in ("abab"):gmatch(p) do end end)
    end
    return Response.new("held")
end }
