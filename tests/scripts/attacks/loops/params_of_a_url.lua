-- Parameters of a URL: each change writes the whole search anew.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local url = URL.new("http://a.example/")
    local params = url.searchParams
    while true do
        params:append("%", "\0&=+ ")
        params:sort()
        params:has("none")
    end
end }
