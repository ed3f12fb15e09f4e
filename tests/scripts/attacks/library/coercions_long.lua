-- Arithmetic on texts of a million digits.
-- outcome: cpu or exception
return { fetch = function(request, env, ctx)
    local digits = ("7"):rep(1000000)
    local blanks = (" "):rep(1000000) .. "1"
    local hex = "0x" .. ("f"):rep(1000000)
    while true do
        pcall(function() return digits + 1, -hex end)
        pcall(function() return blanks * 2, 2 // blanks end)
        pcall(function() return digits | 0, hex & 1 end)
        tonumber(digits)
        pcall(tonumber, digits, 8)
        pcall(tonumber, hex, 36)
    end
end }
