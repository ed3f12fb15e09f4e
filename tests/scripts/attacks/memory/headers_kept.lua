-- Objects of the host, each with a long value.
-- outcome: memory or cpu or exception
return { fetch = function(request, env, ctx)
    local kept = {}
    while true do
        kept[#kept + 1] = Headers.new({ ["x-long"] = ("h"):rep(5000) })
        kept[#kept + 1] = URL.new("http://a.example/" .. ("p"):rep(5000))
        kept[#kept + 1] = URLSearchParams.new(("a=b&"):rep(1000))
    end
end }
