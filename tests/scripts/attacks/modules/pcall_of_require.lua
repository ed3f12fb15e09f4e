-- What a module does at its top level is not caught by who requires it.
-- outcome: startup or cpu
for _ = 1, 100 do
    pcall(require, "lib")
    xpcall(require, function() while true do end end, "lib")
end
return { fetch = function() return Response.new("ESCAPED") end }
-- file: lib.lua
goto again
::again::
goto again
