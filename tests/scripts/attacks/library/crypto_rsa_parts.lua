-- RSA keys of huge, even, tiny or lying parts.
-- outcome: held or cpu
return { fetch = function(request, env, ctx)
    local s, b = crypto.subtle, base64url.encode
    local alg = { name = "RSASSA-PKCS1-v1_5", hash = "SHA-256" }
    local values = { "", "\0", "\1", "\2", "\3", "\xff", ("\xff"):rep(4), ("\xff"):rep(128), ("\xff"):rep(256),
        ("\xff"):rep(512), ("\xff"):rep(513), ("\xff"):rep(60000), ("\0"):rep(512), ("\0"):rep(511) .. "\1",
        "\x80" .. ("\0"):rep(255), ("\0"):rep(60000) .. "\3" }
    local members = { "n", "e", "d", "p", "q", "dp", "dq", "qi" }
    for round = 1, 400 do
        local jwk = { kty = "RSA" }
        for _, m in ipairs(members) do jwk[m] = b(values[math.random(#values)]) end
        for _, use in ipairs{ "sign", "verify" } do
            if use == "verify" then for i = 3, 8 do jwk[members[i]] = nil end end
            local ok, key = pcall(s.importKey, "jwk", jwk, alg, true, { use })
            if ok then
                pcall(s.sign, alg, key, "x")
                pcall(s.verify, alg, key, ("\xff"):rep(512), "x")
                pcall(s.exportKey, "spki", key)
                pcall(s.exportKey, "pkcs8", key)
            end
        end
    end
    return Response.new("held")
end }
