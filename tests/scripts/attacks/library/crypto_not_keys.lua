-- Hands over what is no key, or a key made to look like another.
-- outcome: held
return { fetch = function(request, env, ctx)
    local s = crypto.subtle
    local key = s.importKey("raw", "secret", { name = "HMAC", hash = "SHA-1" }, false, { "sign" })
    local fakes = { request, request.headers, env, ctx, Response.new(""), URL.new("http://a/"), {}, "CryptoKey", 1,
        setmetatable({}, { __index = key, __name = "CryptoKey" }), coroutine.create(print), print,
        s, crypto, key.algorithm, key.usages }
    for _, fake in pairs(fakes) do
        for name, f in pairs(s) do
            if name ~= "digest" and name ~= "importKey" and name ~= "generateKey" then
                local alg = { name = "HMAC", hash = "SHA-1", iv = "i", salt = "", info = "", iterations = 1 }
                if pcall(f, alg, fake, "x", "x", {}) or pcall(f, "jwk", fake) then
                    return Response.new("ESCAPED: " .. name)
                end
            end
        end
    end
    if getmetatable(key) or pcall(rawset, key, "usages", 1) or pcall(setmetatable, key, {}) or pcall(next, key)
        or pcall(rawget, key, 1) or pcall(function() return #key end) or key.bytes or key[1]
        or tostring(key):find("secret") or string.format("%s", key):find("secret") then
        return Response.new("ESCAPED: the key shows or changes")
    end
    return Response.new("held")
end }
