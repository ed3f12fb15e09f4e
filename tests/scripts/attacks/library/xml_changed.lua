-- A document with bytes changed, cut and doubled, as fast as it goes.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local seed = "<?xml version='1.0' encoding='UTF-8'?><p:a xmlns:p='u' b='&lt;'>x<!-- c --><![CDATA[d]]>&#65;<e/></p:a>"
    while true do
        local at, n = math.random(#seed), math.random(0, 3)
        local s = seed:sub(1, at) .. string.char(math.random(0, 255)):rep(n) .. seed:sub(at + math.random(0, 9))
        local ok, got = pcall(xml.decode, s)
        if ok and xml.encode(xml.decode(xml.encode(got))) ~= xml.encode(got) then
            return Response.new("ESCAPED: " .. s)
        end
    end
end }
