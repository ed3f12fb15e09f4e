-- A maze of labels, forwards and backwards.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local n, side = 0, 0
    ::start::
    n = n + 1
    if n % 3 == 0 then goto left end
    if n % 5 == 0 then goto right end
    goto start
    ::left::
    side = side - 1
    do
        if side < -100 then goto right end
        goto start
    end
    ::right::
    side = side + 1
    do goto start end
end }
