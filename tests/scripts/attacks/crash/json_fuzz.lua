-- A good text with bytes changed at random; what is taken can be encoded.
-- outcome: held or cpu
return { fetch = function(request, env, ctx)
    local text = '{"a":[1,-2.5e3,true,null,"x\\ud834\\udd1e\\n\xc3\xa9"],"b":{"":[[],{}]},"c":9223372036854775807}'
    local bytes = { "", "\0", "\xff", '"', "\\", "[", "]", "{", "}", ",", ":", "e", "u", "-", "9", "\xf0" }
    for _ = 1, 2000 do
        local at, byte = math.random(0, #text), bytes[math.random(#bytes)]
        local cut = math.random(0, 2)
        local ok, v = pcall(json.decode, text:sub(1, at) .. byte .. text:sub(at + 1 + cut))
        if ok then json.encode(v) else assert(v.offset >= 0 and v.offset <= #text + 1) end
    end
    return Response.new("held")
end }
