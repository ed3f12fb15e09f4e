-- A copy of a copy of a copy.
-- outcome: exception
return { fetch = function(request, env, ctx)
    local kept = {}
    local body = Response.new(function() return "x" end).body
    for i = 1, 100000 do
        kept[i], body = body:tee()
    end
    body:read()
    return Response.new("ESCAPED: " .. #kept)
end }
