-- Strings out of thousands of numbers.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local t = {}
    for i = 1, 7000 do t[i] = i % 256 end
    local n = 0
    while true do
        n = n + #string.char(table.unpack(t))
        pcall(string.char, table.unpack(t, 1, 200), -1)
    end
end }
