-- Deep recursion that ends.
-- outcome: held
return { fetch = function(request, env, ctx)
    local function depth(n) if n == 0 then return 0 end return 1 + depth(n - 1) end
    assert(depth(15000) == 15000)
    local t = {}
    for i = 1, 1000 do t = { t } end
    return Response.new("held")
end }
