-- The bytes of long strings as results.
-- outcome: cpu or memory or exception
return { fetch = function(request, env, ctx)
    local s = ("byte"):rep(50000)
    assert(not pcall(string.byte, ("x"):rep(8000000), 1, -1))
    while true do
        pcall(function() return select("#", s:byte(1, -1)) end)
        pcall(function() return { s:byte(1, 200) }, #{ s:byte(-7000, -1) } end)
    end
end }
