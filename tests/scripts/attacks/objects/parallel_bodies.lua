-- One body is read, cloned and cancelled by several at once.
-- outcome: held or exception
return { fetch = function(request, env, ctx)
    local n = 0
    local r = Response.new(function()
        n = n + 1
        scheduler.wait(1)
        return n < 20 and "chunk" or nil
    end)
    pcall(parallel, function() return r:text() end,
          function() return r:clone():text() end,
          function() for c in r.body:chunks() do end end,
          function() r.body:cancel() end,
          function() return r.body:tee() end)
    local a, b = Response.new("abc"), Response.new(("x"):rep(100000))
    pcall(parallel, function() return a.body:read(1), a.body:read(1) end,
          function() return a:text() end, function() return b:json() end,
          function() return b.body:cancel() end)
    return Response.new("held")
end }
