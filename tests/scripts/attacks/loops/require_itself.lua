-- A Worker that requires itself.
-- outcome: refused
return require("worker")
