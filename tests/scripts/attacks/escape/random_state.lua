-- The generator's state is not told, and not shared with another isolate.
-- outcome: held
return { fetch = function(request, env, ctx)
    assert(select("#", math.randomseed(42)) == 0)
    local a = math.random(0)
    math.randomseed(42)
    assert(math.random(0) == a)
    assert(select("#", math.randomseed()) == 0)
    math.randomseed()
    local b = math.random(0)
    assert(b ~= a and crypto.randomUUID() ~= crypto.randomUUID())
    assert(#crypto.getRandomValues(16) == 16)
    return Response.new("held")
end }
