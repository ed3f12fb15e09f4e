-- Layouts of random characters, packed and read back.
-- outcome: held
return { fetch = function(request, env, ctx)
    local alphabet = "bBhHiIlLjJTfdnszxXc<>=! 0123456789"
    for i = 1, 3000 do
        local f = {}
        for k = 1, math.random(8) do
            local n = math.random(#alphabet)
            f[k] = alphabet:sub(n, n)
        end
        f = table.concat(f)
        pcall(string.pack, f, 1, 2, "three", 4.5, 5)
        pcall(string.packsize, f)
        pcall(string.unpack, f, ("\1\255\0"):rep(20), math.random(-70, 70))
    end
    return Response.new("held")
end }
