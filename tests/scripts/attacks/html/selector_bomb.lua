-- Selectors by the hundred, on tags with attributes by the thousand.
-- outcome: cpu or exception
return { fetch = function(request, env, ctx)
    local rw = HTMLRewriter.new()
    for i = 1, 60 do
        rw:on("[a" .. i .. "*='" .. ("x"):rep(500) .. "y' i] *", { element = function() end })
    end
    local tag = {}
    for i = 1, 60 do tag[i] = "a" .. i .. "=" .. ("x"):rep(5000) end
    tag = "<b " .. table.concat(tag, " ") .. ">"
    return Response.new(#rw:transform(Response.new(function() return tag end)):text())
end }
