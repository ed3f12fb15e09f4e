-- A coroutine starts the next; the innermost loops.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local function start(n)
        if n == 0 then while true do end end
        return coroutine.wrap(start)(n - 1)
    end
    pcall(start, 150)
    return Response.new("ESCAPED: a coroutine held the limit")
end }
