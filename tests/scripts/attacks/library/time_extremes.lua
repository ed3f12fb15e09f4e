-- Fields of dates that overflow.
-- outcome: held
return { fetch = function(request, env, ctx)
    local function day(extra)
        local t = { year = 2000, month = 1, day = 1 }
        for k, v in pairs(extra) do t[k] = v end
        return t
    end
    local max, min = math.maxinteger, math.mininteger
    for _, field in ipairs { "year", "month", "day", "hour", "min", "sec" } do
        for _, v in ipairs { max, min, 1 << 31, -(1 << 31) - 1, 1 << 40, 1.5,
                             "x", {}, true, 0 / 0, math.huge, "99999999999" } do
            local ok, n = pcall(os.time, day { [field] = v })
            assert(not ok or math.type(n) == "integer", field)
        end
    end
    assert(os.time(day { month = 14, day = -3, hour = 0 })
           == os.time { year = 2001, month = 1, day = 28, hour = 0 })
    assert(not pcall(os.time, {}) and not pcall(os.time, { year = 1 }))
    local lazy = setmetatable({}, { __index = function() return 1 end })
    assert(pcall(os.time, lazy) or true)
    assert(os.difftime(max, min) > 0)
    return Response.new("held")
end }
