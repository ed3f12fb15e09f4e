-- Looks for what another request of the same Worker left half done.
-- outcome: held
return { fetch = function(request, env, ctx)
    if busy then return Response.new("ESCAPED: two in one isolate") end
    busy = true
    scheduler.wait(20)
    pcall(fetch, "http://169.254.1.1/")
    busy = nil
    return Response.new("held")
end }
