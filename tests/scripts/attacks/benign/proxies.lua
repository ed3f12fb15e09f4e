-- Read-only tables, defaults, tracking of access.
-- outcome: held
return { fetch = function(request, env, ctx)
    local log = {}
    local function track(t)
        return setmetatable({}, {
            __index = function(_, k) log[#log + 1] = k return t[k] end,
            __newindex = function(_, k) error("read-only: " .. k) end,
            __len = function() return #t end,
            __pairs = function() return pairs(t) end,
            __metatable = "locked",
        })
    end
    local p = track { 1, 2, x = 3 }
    assert(p[1] == 1 and p.x == 3 and #p == 2 and #log == 2)
    assert(not pcall(function() p.y = 1 end))
    assert(getmetatable(p) == "locked")
    local n = 0
    for _ in pairs(p) do n = n + 1 end
    assert(n == 3)
    return Response.new("held")
end }
