-- A comment without end, seen by a handler and not.
-- outcome: exception or cpu or memory or torn
return { fetch = function(request, env, ctx)
    local n = 0
    local page = Response.new(function()
        n = n + 1
        return n == 1 and "<!--" or ("-"):rep(16000)
    end)
    return Response.new(#HTMLRewriter.new():onDocument({ comments = function() end })
        :transform(page):text())
end }
