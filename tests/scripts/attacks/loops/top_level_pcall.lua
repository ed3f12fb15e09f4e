-- The top level catches whatever is thrown, for ever.
-- outcome: startup or cpu
local function guard(f)
    while true do
        local ok = pcall(f, f)
        xpcall(f, function() return ok end, f)
    end
end
guard(function(f) local n = 0 while n < 1e6 do n = n + 1 end error(f) end)
return {}
