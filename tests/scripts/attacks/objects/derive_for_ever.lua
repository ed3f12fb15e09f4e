-- Keys derived with as many rounds as are allowed, under pcall.
-- outcome: cpu or exception
return { fetch = function(request, env, ctx)
    local key = crypto.subtle.importKey("raw", "pass", "PBKDF2", false,
                                        { "deriveBits" })
    while true do
        pcall(crypto.subtle.deriveBits, { name = "PBKDF2", hash = "SHA-512",
              salt = "s", iterations = 100000 }, key, 512)
    end
end }
