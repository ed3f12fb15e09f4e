-- No global is left at all.
-- outcome: held
return { fetch = function(request, env, ctx)
    local R, g = Response, _G
    for k in pairs(g) do g[k] = nil end
    return R.new("held")
end }
