-- The top level of a required module fills the memory.
-- outcome: memory or startup or refused or cpu
local lib = require("lib")
return { fetch = function() return Response.new(#lib) end }
-- file: lib.lua
local t = {}
while true do t[#t + 1] = ("m"):rep(1000) .. #t end
return t
