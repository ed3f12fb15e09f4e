-- The classical trim on a long run of blanks.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    local s = (" "):rep(100000) .. "x"
    while true do s:match("^%s*(.-)%s*$") s:gsub("%s+$", "") end
end }
