-- A long string, cut by one byte each time.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local s = ("cut"):rep(300000)
    while true do
        local rest = s
        while #rest > 1 do rest = rest:sub(2) end
    end
end }
