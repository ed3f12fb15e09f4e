-- A Worker without globals, with an environment that fails.
-- outcome: held or exception
return { fetch = function(request, env, ctx)
    local Response, setmetatable, pairs = Response, setmetatable, pairs
    local G, error, pcall = _G, error, pcall
    for k in pairs(G) do G[k] = nil end
    setmetatable(G, { __index = error, __newindex = error })
    local ok = pcall(function() return missing end)
    local ok2 = pcall(function() other = 1 end)
    setmetatable(G, nil)
    G.tostring = G.missing
    if ok or ok2 then return Response.new("ESCAPED") end
    return Response.new("held")
end }
