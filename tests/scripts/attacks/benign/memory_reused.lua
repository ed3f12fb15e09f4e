-- Garbage of many times the limit, made a little at a time.
-- outcome: held
return { fetch = function(request, env, ctx)
    local sum = 0
    for i = 1, 20000 do
        local t = { i, tostring(i), { i } }
        sum = sum + #t[2] + #("x"):rep(i % 2000)
    end
    assert(sum > 0)
    return Response.new("held")
end }
