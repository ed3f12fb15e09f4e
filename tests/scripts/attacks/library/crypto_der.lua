-- DER that is cut, changed, nested, or lies about its lengths.
-- outcome: held or cpu
return { fetch = function(request, env, ctx)
    local s = crypto.subtle
    local algs = { { name = "ECDSA", namedCurve = "P-521" }, { name = "Ed25519" },
        { name = "RSASSA-PKCS1-v1_5", hash = "SHA-1" } }
    local pair = s.generateKey(algs[1], true, { "sign", "verify" })
    local seeds = { s.exportKey("spki", pair.publicKey), s.exportKey("pkcs8", pair.privateKey),
        ("\x30\x80"):rep(2000), ("\x30\x84\xff\xff\xff\xff"):rep(500), "\x30\x83\xff\xff\xff" .. ("\0"):rep(60000),
        ("\x24\x80"):rep(2000), "\x30\x82\xff\xff\x02\x01\0" .. ("\x30"):rep(65535) }
    for round = 1, 3000 do
        local der = seeds[math.random(#seeds)]
        local at = math.random(math.min(#der, 200))
        der = der:sub(1, at - 1) .. string.char(math.random(0, 255)) .. der:sub(at + math.random(0, 2))
        for _, alg in ipairs(algs) do
            for _, f in ipairs{ "spki", "pkcs8", "raw" } do
                local ok, key = pcall(s.importKey, f, der, alg, true, { f == "pkcs8" and "sign" or "verify" })
                if not ok and key.name ~= "DataError" and key.name ~= "NotSupportedError" then
                    return Response.new("ESCAPED: " .. tostring(key))
                end
            end
        end
    end
    return Response.new("held")
end }
