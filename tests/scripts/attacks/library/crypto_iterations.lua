-- Numbers of iterations and lengths that overflow something.
-- outcome: held
return { fetch = function(request, env, ctx)
    local s = crypto.subtle
    local key = s.importKey("raw", "p", "PBKDF2", false, { "deriveBits" })
    local hkdf = s.importKey("raw", "p", "HKDF", false, { "deriveBits" })
    local numbers = { 0, -1, 100001, 1 << 31, 1 << 32, (1 << 32) + 1, math.maxinteger, math.mininteger,
        1e300, -1e300, 1 / 0, -1 / 0, 0 / 0, 0.5, "1", {}, true }
    for _, n in ipairs(numbers) do
        if pcall(s.deriveBits, { name = "PBKDF2", hash = "SHA-1", salt = "", iterations = n }, key, 8) then
            return Response.new("ESCAPED: " .. tostring(n) .. " iterations")
        end
        for _, k in ipairs{ key, hkdf } do
            local alg = { name = k.algorithm.name, hash = "SHA-1", salt = "", info = "", iterations = 1 }
            if n ~= 100001 and pcall(s.deriveBits, alg, k, n) then
                return Response.new("ESCAPED: " .. tostring(n) .. " bits")
            end
        end
        pcall(s.generateKey, { name = "HMAC", hash = "SHA-1", length = n }, true, { "sign" })
        pcall(s.generateKey, { name = "AES-GCM", length = n }, true, { "encrypt" })
    end
    return Response.new("held")
end }
