-- Random numbers in every range, and new seeds.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    while true do
        local a, b = math.random(-5, 5), math.random(0)
        if a <= b then math.random(a, b) end
        math.randomseed(a, b)
        assert(select("#", math.randomseed()) == 0)
    end
end }
