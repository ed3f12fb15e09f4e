-- Makes the largest RSA keys, caught, without end.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local alg = { name = "RSASSA-PKCS1-v1_5", hash = "SHA-512", modulusLength = 4096, publicExponent = "\1\0\1" }
    while true do pcall(crypto.subtle.generateKey, alg, true, { "sign", "verify" }) end
end }
