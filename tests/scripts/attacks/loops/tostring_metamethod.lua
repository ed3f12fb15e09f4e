-- __tostring that loops, reached through format, tostring and console.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local t = setmetatable({}, { __tostring = function() while true do end end })
    pcall(string.format, "%s", t)
    pcall(tostring, t)
    return Response.new("ESCAPED: tostring came back")
end }
