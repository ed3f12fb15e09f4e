-- Functions that hoard, each a little, while they wait.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local f = {}
    for i = 1, 1000 do
        f[i] = function()
            local t = {}
            for k = 1, 20 do
                t[k] = ("x"):rep(5000) .. i .. k
                scheduler.wait(0)
            end
            return t
        end
    end
    parallel(table.unpack(f))
    return Response.new("ESCAPED: 100 MB in 32")
end }
