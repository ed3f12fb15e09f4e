-- The top level of a module yields to whoever runs the request in a coroutine.
-- outcome: held or exception
return { fetch = function()
    local co = coroutine.create(function() return require("lib") end)
    local seen = 0
    repeat
        local ok, v = coroutine.resume(co)
        seen = seen + 1
        if not ok then
            assert(type(v) == "string", type(v))
            break
        end
    until coroutine.status(co) == "dead" or seen > 10
    return Response.new("held")
end }
-- file: lib.lua
coroutine.yield("half a module")
coroutine.yield("more of it")
return {}
