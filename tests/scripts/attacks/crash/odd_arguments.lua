-- Every function of the library with arguments of every type.
-- outcome: held
return { fetch = function(request, env, ctx)
    local values = { 0, -1, 1 << 62, 0.5, 0 / 0, math.huge, "", "x", "%", "10",
                     {}, { 1, 2 }, print, true, request, ctx, env,
                     coroutine.create(print), setmetatable({}, { __index = {},
                     __len = function() return 3 end }) }
    local n = #values
    local skip = { print = 1, error = 1, require = 1, collectgarbage = 1 }
    local seed = 7
    local function any()
        seed = (seed * 1103515245 + 12345) % (1 << 31)
        return values[seed % (n + 1) + 1]
    end
    for _, lib in ipairs { _G, string, table, math, utf8, coroutine, os,
                           debug } do
        for name, f in pairs(lib) do
            if type(f) == "function" and not skip[name] then
                for _ = 1, 40 do
                    pcall(f, any(), any(), any(), any())
                    pcall(f, any())
                end
                pcall(f)
            end
        end
    end
    return Response.new("held")
end }
