-- Error objects and tracebacks, all kept.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local kept = {}
    local function fail(n)
        if n == 0 then error(debug.traceback("again")) end
        fail(n - 1)
    end
    while true do
        kept[#kept + 1] = { pcall(fail, #kept % 100) }
    end
end }
