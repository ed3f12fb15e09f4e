-- A format of nothing but settings.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    local f = ("!8<>= "):rep(200000)
    while true do string.packsize(f) string.pack(f) string.unpack(f, "") end
end }
