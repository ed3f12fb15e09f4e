-- Two functions that call each other forever.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local a, b
    function a(n) return b(n + 1) end
    function b(n) return a(n - 1) end
    a(0)
end }
