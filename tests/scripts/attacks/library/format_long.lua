-- A format of very many items.
-- outcome: exception or cpu or memory
return { fetch = function(request, env, ctx)
    local f = ("%99.99f"):rep(10000)
    while true do pcall(string.format, f, table.unpack({}, 1, 10000)) end
end }
