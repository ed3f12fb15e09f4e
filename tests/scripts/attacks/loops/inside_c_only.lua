-- C functions that call C functions: hardly an instruction between them.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local ps = { pcall, pcall, pcall, select, "#" }
    while true do
        pcall(table.unpack(ps))
        pcall(pcall, xpcall, pcall, pcall, string.rep, "x", 1000)
        string.gsub(("x"):rep(1000), "x", string.upper)
        table.sort({ "c", "b", "a" }, rawequal)
    end
end }
