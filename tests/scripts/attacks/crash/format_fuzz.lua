-- Formats of random characters.
-- outcome: held
return { fetch = function(request, env, ctx)
    local alphabet = "%%%%%dsqxXgaAfceEiuop0123456789.-+# l*n"
    local values = { 1, -1, 1.5, 0 / 0, "s", "a\0b", {}, math.mininteger, true }
    for i = 1, 3000 do
        local f = {}
        for k = 1, math.random(10) do
            local n = math.random(#alphabet)
            f[k] = alphabet:sub(n, n)
        end
        pcall(string.format, table.concat(f), values[math.random(#values)],
              values[math.random(#values)], values[math.random(#values)])
    end
    return Response.new("held")
end }
