-- Long strings turned round and round.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local s = ("reverse"):rep(200000)
    while true do s = s:reverse() end
end }
