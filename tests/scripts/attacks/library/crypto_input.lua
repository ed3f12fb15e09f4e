-- The largest strings there are through every operation, again and again.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local s = crypto.subtle
    local big = ("x"):rep(6000000)
    local mac = s.importKey("raw", "k", { name = "HMAC", hash = "SHA-512" }, false, { "sign" })
    local cbc = s.importKey("raw", ("k"):rep(32), "AES-CBC", false, { "encrypt", "decrypt" })
    local gcm = s.importKey("raw", ("k"):rep(32), "AES-GCM", false, { "encrypt", "decrypt" })
    local ed = s.generateKey("Ed25519", false, { "sign", "verify" })
    while true do
        pcall(s.digest, "SHA-1", big)
        pcall(s.sign, "HMAC", mac, big)
        pcall(s.sign, "Ed25519", ed.privateKey, big:sub(1, 4194304))
        pcall(s.encrypt, { name = "AES-CBC", iv = ("i"):rep(16) }, cbc, big)
        pcall(s.decrypt, { name = "AES-CBC", iv = ("i"):rep(16) }, cbc, big)
        pcall(s.decrypt, { name = "AES-GCM", iv = "i", additionalData = big }, gcm, big)
    end
end }
