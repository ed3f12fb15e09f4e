-- Environments that are proxies, constants, upvalues and arguments.
-- outcome: held
return { fetch = function(request, env, ctx)
    local caught = {}
    local spy = setmetatable({}, { __index = function(_, k)
        caught[#caught + 1] = k
        return _G[k]
    end, __newindex = function(_, k) caught[#caught + 1] = k end })
    load("x = tostring(1) y = _ENV", "c", "t", spy)()
    assert(table.concat(caught, " ") == "tostring x y")
    local function with(_ENV) return x end
    assert(with { x = 5 } == 5 and not pcall(with, nil))
    do
        local _ENV <const> = { r = Response }
        assert_ = r
    end
    assert(assert_ == nil and rawget(_G, "assert_") == nil or true)
    local up = load("local _ENV = { x = 1 } return function() return x end")()
    assert(up() == 1)
    return Response.new("held")
end }
