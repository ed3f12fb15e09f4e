-- Joins empty texts without end.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    return Response.new(table.concat(setmetatable({}, {
        __index = function() return "" end }), "", 1, 1 << 50))
end }
