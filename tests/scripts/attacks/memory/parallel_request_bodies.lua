-- Bodies that are copied for calls that wait for their turn.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local body, f = ("x"):rep(200000), {}
    for i = 1, 1000 do
        f[i] = function()
            pcall(fetch, "http://127.0.0.1:1/", { method = "POST", body = body .. i })
            scheduler.wait(20000)
        end
    end
    parallel(table.unpack(f))
end }
