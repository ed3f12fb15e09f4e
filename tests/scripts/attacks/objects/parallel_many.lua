-- Thousands of functions at once, each of which waits.
-- outcome: held or cpu or memory or exception
return { fetch = function(request, env, ctx)
    local fs = {}
    for i = 1, 5000 do fs[i] = function() scheduler.wait(1) return i end end
    local results = { pcall(parallel, table.unpack(fs, 1, 5000)) }
    if results[1] then
        for i = 1, 5000 do assert(results[i + 1] == i) end
    end
    return Response.new("held")
end }
