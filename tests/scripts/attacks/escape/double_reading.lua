-- Options whose values change while they are read.
-- outcome: held
return { fetch = function(request, env, ctx)
    local turns = 0
    local function fickle(first, second)
        return setmetatable({}, { __index = function()
            turns = turns + 1
            return turns % 2 == 1 and first or second
        end, __pairs = function()
            return function(_, k)
                if not k then return "x-a", "b\r\nx-evil: 1" end
            end
        end, __len = function() return 3 end })
    end
    local r = Response.new("x", fickle(200, "x"))
    assert(r.status == 200)
    local h = Headers.new(fickle("a", {}))
    for k, v in pairs(h) do error(k .. v) end
    for _, bad in ipairs { "a\r\nb: c", "a\nb", "a\0b", "\r" } do
        assert(not pcall(Headers.new, { x = bad }))
        assert(not pcall(Headers.new, { [bad] = "x" }))
        assert(not pcall(Response.new, "x", { headers = { x = bad } }))
        assert(not pcall(Response.new, "x", { statusText = bad }))
    end
    return Response.new("held")
end }
