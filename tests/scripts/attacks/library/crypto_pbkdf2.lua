-- Derives as much as PBKDF2 gives, caught, again and again.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local s = crypto.subtle
    local key = s.importKey("raw", ("p"):rep(65536), "PBKDF2", false, { "deriveBits", "deriveKey" })
    local alg = { name = "PBKDF2", hash = "SHA-512", salt = ("s"):rep(65536), iterations = 100000 }
    while true do
        pcall(s.deriveBits, alg, key, 524288)
        pcall(s.deriveKey, alg, key, { name = "AES-GCM", length = 256 }, true, { "encrypt" })
    end
end }
