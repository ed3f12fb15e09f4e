-- One step of gmatch that does all the work.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    for w in ("x"):rep(100000):gmatch("[^y]*y") do end
    return Response.new("ESCAPED: too fast to be true")
end }
