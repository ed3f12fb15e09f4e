-- Derives without end at the top level.
-- outcome: refused or startup
local key = crypto.subtle.importKey("raw", "p", "PBKDF2", false, { "deriveBits" })
while true do
    pcall(crypto.subtle.deriveBits, { name = "PBKDF2", hash = "SHA-512", salt = "", iterations = 100000 }, key, 524288)
end
