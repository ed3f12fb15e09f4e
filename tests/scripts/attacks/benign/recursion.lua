-- Recursion as deep as honest code needs.
-- outcome: held
return { fetch = function(request, env, ctx)
    local function depth(n) return n == 0 and 0 or 1 + depth(n - 1) end
    assert(depth(10000) == 10000)
    local function tail(n)
        if n == 0 then return "end" end
        return tail(n - 1)
    end
    assert(tail(100000) == "end")
    local function ack(m, n)
        if m == 0 then return n + 1 end
        if n == 0 then return ack(m - 1, 1) end
        return ack(m - 1, ack(m, n - 1))
    end
    assert(ack(2, 10) == 23)
    return Response.new("held")
end }
