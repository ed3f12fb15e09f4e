-- No text shows where something is.
-- outcome: held
return { fetch = function(request, env, ctx)
    local co = coroutine.create(print)
    for _, v in ipairs { {}, print, function() end, co, request, ctx, env,
                         setmetatable({}, { __name = "N" }), string.format } do
        for _, s in ipairs { tostring(v), ("%s"):format(v), ("%p"):format(v),
                             ("%20p"):format(v), (select(2, pcall(error, v))) and "",
                             select(2, pcall(string.rep, v)) } do
            if tostring(s):find("0x%x%x%x%x%x") then
                return Response.new("ESCAPED: " .. s)
            end
        end
    end
    assert(not ("%p"):format("text"):find("0x"))
    assert(select("#", math.randomseed()) == 0)
    assert(not debug.traceback("x", 1):find("0x"))
    return Response.new("held")
end }
