-- Keys of all formats out of nothing, and algorithms that fit nothing.
-- outcome: held
return { fetch = function(request, env, ctx)
    local formats = { "raw", "pkcs8", "spki", "jwk", "x", "" }
    local algs = { "AES-GCM", "AES-CBC", "HMAC", "PBKDF2", "HKDF", "Ed25519",
                   { name = "ECDSA", namedCurve = "P-256" },
                   { name = "RSASSA-PKCS1-v1_5", hash = "SHA-256" },
                   { name = "HMAC", hash = "x" }, {}, 5, "\0" }
    local datas = { "", "x", ("k"):rep(16), ("k"):rep(32),
        ("\x30\x82"):rep(500),
                    {}, { kty = "oct", k = "AAAA" }, { kty = "RSA", n = "AA",
                    e = "AA" }, { kty = "EC", crv = "P-256", x = "", y = "" },
                    7 }
    local keys = {}
    for _, f in ipairs(formats) do
        for _, a in ipairs(algs) do
            for _, d in ipairs(datas) do
                local ok, k = pcall(crypto.subtle.importKey, f, d, a, true,
                    { "sign", "verify", "encrypt", "decrypt", "deriveBits" })
                if ok then keys[#keys + 1] = k end
            end
        end
    end
    keys[#keys + 1] = {}
    for _, k in ipairs(keys) do
        for _, a in ipairs(algs) do
            for _, m in ipairs { "sign", "encrypt", "decrypt", "deriveBits" } do
                pcall(crypto.subtle[m], a, k, "data")
                pcall(crypto.subtle[m], a, k, 1 << 40)
            end
            pcall(crypto.subtle.verify, a, k, "sig", "data")
        end
    end
    if old then pcall(crypto.subtle.sign, "HMAC", old, "x") end
    old = keys[1]
    return Response.new("held")
end }
