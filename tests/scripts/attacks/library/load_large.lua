-- Compiles large texts.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    local text = "return {" .. ("1,"):rep(120000) .. "}"
    while true do load(text) end
end }
