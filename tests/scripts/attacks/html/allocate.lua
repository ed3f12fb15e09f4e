-- A text handler that keeps all it sees, many times.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local kept = {}
    local rw = HTMLRewriter.new():onDocument({ text = function(chunk)
        for i = 1, 1000 do kept[#kept + 1] = chunk.text .. i end
    end })
    return Response.new(#rw:transform(Response.new(function()
        return ("x"):rep(10000)
    end)):text())
end }
