-- A body whose function reads the body.
-- outcome: exception or cpu or memory or held
return { fetch = function(request, env, ctx)
    local r
    r = Response.new(function()
        local ok, got = pcall(function() return r.body:read() end)
        return nil
    end)
    local copy = r:clone()
    copy:text()
    return Response.new("held")
end }
