-- The top level of the module never ends.
-- outcome: startup or cpu
return {
    fetch = (function() while true do end end)(),
}
