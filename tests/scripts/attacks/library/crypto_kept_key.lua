-- A key that lives longer than its request, or than the data it was made of.
-- outcome: held
local kept, mac
return { fetch = function(request, env, ctx)
    local s = crypto.subtle
    if not kept then
        kept = s.importKey("raw", ("k"):rep(32) .. "", { name = "HMAC", hash = "SHA-256" }, true, { "sign" })
        mac = s.sign("HMAC", kept, "x")
    end
    for i = 1, 2000 do local garbage = ("g"):rep(i) end
    if s.sign("HMAC", kept, "x") ~= mac or s.exportKey("raw", kept) ~= ("k"):rep(32) then
        return Response.new("ESCAPED: the key has changed")
    end
    return Response.new("held")
end }
