-- Drops keys: each has a finaliser, and none may run late or long.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    while true do crypto.subtle.importKey("raw", "k", "HKDF", false, { "deriveBits" }) end
end }
