-- A comparator at the top level never answers.
-- outcome: startup or refused
local t = {}
for i = 1, 50 do t[i] = -i end
table.sort(t, function(a, b)
    while a do end
    return a < b
end)
return { fetch = function() return Response.new("ESCAPED") end }
