-- Yields from inside C functions.
-- outcome: held
return { fetch = function(request, env, ctx)
    for _, f in ipairs {
        function() table.sort({ 3, 2, 1 }, coroutine.yield) end,
        function() ("abc"):gsub(".", coroutine.yield) end,
        function() tostring(setmetatable({}, { __tostring = coroutine.yield })) end,
        function() table.concat(setmetatable({}, { __index = coroutine.yield }),
                                "", 1, 3) end,
        function() table.unpack(setmetatable({}, { __len = coroutine.yield })) end,
        function() xpcall(error, coroutine.yield) end,
    } do
        local co = coroutine.create(f)
        for i = 1, 5 do coroutine.resume(co, 1) end
    end
    return Response.new("held")
end }
