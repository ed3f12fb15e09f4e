-- Codings on codings.
-- outcome: memory or cpu or exception
return { fetch = function(request, env, ctx)
    local v = ("c"):rep(100)
    while true do
        v = encodeURIComponent(hex.encode(btoa(v)) .. "\u{20AC}")
    end
end }
