-- Joins what a C function makes up.
-- outcome: exception or memory or cpu
return { fetch = function(request, env, ctx)
    return Response.new(table.concat(setmetatable({}, { __index = type }), "", 1,
                                     1 << 50))
end }
