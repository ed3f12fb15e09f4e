-- The top level compiles large texts, again and again.
-- outcome: startup or memory or refused or cpu
local list = ("1,"):rep(60000)
local long = "local a = {" .. list .. "} local b = {" .. list .. "} return a"
for i = 1, 10000 do load(long, "=" .. i) end
return { fetch = function() return Response.new("ESCAPED") end }
