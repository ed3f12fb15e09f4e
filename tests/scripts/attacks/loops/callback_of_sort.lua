-- A comparator that loops.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    pcall(table.sort, { 3, 2, 1 }, function() while true do end end)
    return Response.new("ESCAPED: sort went on")
end }
