-- A loop while calls begin, run beside and end.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local f = {}
    for i = 1, 40 do
        f[i] = function() while true do pcall(fetch, "http://127.0.0.1:1/" .. i) end end
    end
    f[41] = function() scheduler.wait(5) while true do end end
    parallel(table.unpack(f))
end }
