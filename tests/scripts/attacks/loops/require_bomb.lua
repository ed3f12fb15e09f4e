-- The top level asks for modules that are not there, and for itself.
-- outcome: startup
local name = ("x"):rep(100000)
while true do
    pcall(require, name)
    pcall(require, "worker")
    pcall(require, "./worker.lua")
end
