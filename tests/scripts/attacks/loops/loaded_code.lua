-- load() of code that loops, and loading in a loop.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local f = load("while true do local g = load('return 1') g() end")
    f()
end }
