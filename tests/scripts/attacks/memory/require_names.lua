-- Names of modules as long as memory allows, and errors that repeat them.
-- outcome: memory or cpu or held
return { fetch = function(request, env, ctx)
    local errors = {}
    for i = 1, 100 do
        local ok, err = pcall(require, ("x"):rep(1000000) .. i)
        assert(not ok)
        errors[i] = err
    end
    return Response.new("held")
end }
