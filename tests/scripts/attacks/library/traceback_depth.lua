-- Tracebacks of a deep stack.
-- outcome: held
return { fetch = function(request, env, ctx)
    local function down(n)
        if n == 0 then return #debug.traceback() < 10000 end
        return (down(n - 1))
    end
    for i = 1, 100 do assert(down(5000)) end
    return Response.new("held")
end }
