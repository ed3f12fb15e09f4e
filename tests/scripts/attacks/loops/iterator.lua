-- A generic for over an iterator that has no end.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local n = 0
    for k, v in function(s, i) return (i or 0) + 1 end do n = n + k end
end }
