-- Responses and their clones, never read.
-- outcome: memory or cpu or exception
return { fetch = function(request, env, ctx)
    local kept = {}
    while true do
        local r = Response.new(("r"):rep(10000), { headers = { a = "b" } })
        kept[#kept + 1] = r
        kept[#kept + 1] = r:clone()
        kept[#kept + 1] = Request.new("http://a.example/", { method = "POST",
                                                             body = "x" })
    end
end }
