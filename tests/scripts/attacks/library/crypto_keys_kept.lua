-- Keeps keys until the memory is full.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local t, alg = {}, { name = "HMAC", hash = "SHA-1" }
    local data = ("k"):rep(65536)
    for i = 1, 1e7 do t[i] = crypto.subtle.importKey("raw", data, alg, false, { "sign" }) end
end }
