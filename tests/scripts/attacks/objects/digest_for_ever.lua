-- Digests and signatures of megabytes.
-- outcome: cpu or exception or memory
return { fetch = function(request, env, ctx)
    local s = ("d"):rep(4000000)
    local key = crypto.subtle.importKey("raw", "k", { name = "HMAC",
        hash = "SHA-256" }, false, { "sign", "verify" })
    while true do
        pcall(crypto.subtle.digest, "SHA-512", s)
        pcall(crypto.subtle.sign, "HMAC", key, s)
        pcall(crypto.subtle.verify, "HMAC", key, s, s)
    end
end }
