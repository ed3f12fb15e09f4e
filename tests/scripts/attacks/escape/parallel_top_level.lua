-- Waits at top level.
-- outcome: held
local told = {}
for i, f in ipairs {
    function() scheduler.wait(1) end,
    function() fetch("http://127.0.0.1:1/") end,
    function() AbortSignal.timeout(1) end,
} do
    local ok, e = pcall(parallel, f, f)
    told[i] = not ok and e.message == "Disallowed operation called within global scope"
end
local two = { parallel(function() return 1 end, function() return 2 end) }
return { fetch = function(request, env, ctx)
    return Response.new(told[1] and told[2] and told[3] and two[2] == 2 and "held"
        or "ESCAPED: waited at top level")
end }
