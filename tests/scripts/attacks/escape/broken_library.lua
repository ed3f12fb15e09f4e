-- The tenant breaks its library; the host does not use it.
-- outcome: held
return { fetch = function(request, env, ctx)
    string.format, string.gsub, table.concat, tostring, type, pairs, next, error =
        nil
    setmetatable(_G, { __index = function(_, k) error_of_mine(k) end,
                       __newindex = function() end })
    local response = Response.new("held", { headers = { ["x-a"] = "b" } })
    return response
end }
