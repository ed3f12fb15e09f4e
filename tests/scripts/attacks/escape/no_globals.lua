-- No global is left at all.
-- outcome: held
local R, g, next_key = Response, _G, next
return { fetch = function(request, env, ctx)
    for k in next_key, g do g[k] = nil end
    return R.new("held")
end }
