-- Reads far ahead of a copy.
-- outcome: cpu or held
return { fetch = function(request, env, ctx)
    local n = 0
    local a, b = Response.new(function()
        n = n + 1
        return n < 3000 and ("x"):rep(60000) or nil
    end).body:tee()
    for _ in a:chunks() do end
    local ok, e = pcall(function() for _ in b:chunks() do end end)
    return Response.new(ok and "ESCAPED: all was kept" or "held " .. e.code)
end }
