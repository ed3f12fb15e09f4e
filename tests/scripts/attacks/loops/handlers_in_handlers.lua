-- Handlers that fail and are handled.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local function handler(m)
        return select(2, xpcall(error, function(e) return e .. m end, "x"))
    end
    while true do xpcall(error, handler, "y") end
end }
