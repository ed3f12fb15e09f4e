-- A recursion without end.
-- outcome: exception or memory or cpu
return { fetch = function(request, env, ctx)
    local function down(n) return 1 + down(n + 1) end
    return Response.new(tostring(down(0)))
end }
