-- The same inside coroutines, comparators and metamethods.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local s = crypto.subtle
    local key = s.importKey("raw", "p", "PBKDF2", false, { "deriveBits" })
    local alg = { name = "PBKDF2", hash = "SHA-1", salt = "", iterations = 100000 }
    local function burn() return pcall(s.deriveBits, alg, key, 524288) end
    coroutine.wrap(function()
        local t = setmetatable({}, { __index = burn, __lt = burn })
        pcall(table.sort, { t, t, t }, function(a, b) burn() return a < b end)
        return t.x
    end)()
    while true do burn() end
end }
