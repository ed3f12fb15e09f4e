-- JSON Web Keys with metamethods, cycles and members of every type and size.
-- outcome: held or cpu
return { fetch = function(request, env, ctx)
    local s = crypto.subtle
    local trap = setmetatable({}, { __index = function() error("ESCAPED") end, __tostring = function() return "A" end,
        __len = function() return 1e9 end })
    local long = ("A"):rep(1000000)
    local values = { "A", "AQAB", "", "=", "*", "\0", long, 1, -1, 1.5, true, false, {}, trap, print, request,
        { "sign" }, "oct", "EC", "RSA", "OKP", "P-256", "Ed25519", "HS256" }
    local members = { "kty", "crv", "k", "n", "e", "d", "x", "y", "p", "q", "dp", "dq", "qi", "oth", "alg", "ext",
        "use", "key_ops" }
    local algs = { { name = "HMAC", hash = "SHA-256" }, { name = "AES-GCM" }, { name = "ECDSA", namedCurve = "P-256" },
        { name = "Ed25519" }, { name = "RSASSA-PKCS1-v1_5", hash = "SHA-256" } }
    for round = 1, 2000 do
        local jwk = setmetatable({}, { __index = function() error("ESCAPED") end })
        for _, m in ipairs(members) do jwk[m] = values[math.random(#values)] end
        local ok, err = pcall(s.importKey, "jwk", jwk, algs[math.random(#algs)], true, { "sign" })
        if not ok and tostring(err):find("ESCAPED") then
            return Response.new("ESCAPED: a metamethod ran")
        end
    end
    return Response.new("held")
end }
