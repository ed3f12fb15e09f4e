-- A tag larger than any.
-- outcome: exception or memory or cpu
return { fetch = function(request, env, ctx)
    local n = 0
    local page = Response.new(function()
        n = n + 1
        return n == 1 and "<b title='" or ("x"):rep(16000)
    end)
    return Response.new(HTMLRewriter.new():transform(page):text())
end }
