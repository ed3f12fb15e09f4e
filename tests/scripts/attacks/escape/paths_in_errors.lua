-- Texts of errors name modules, no files of the host.
-- outcome: held
return { fetch = function(request, env, ctx)
    local _, e = pcall(function() local x x() end)
    local t = debug.traceback("x")
    for _, s in ipairs { e, t, select(2, load("x =")) } do
        if s:find("/usr") or s:find("/opt") or s:find("/var") or s:find("%.so") then
            return Response.new("ESCAPED: " .. s)
        end
    end
    return Response.new("held")
end }
