-- Recursion through each function that calls back.
-- outcome: held or memory or cpu
return { fetch = function(request, env, ctx)
    local function dive(f)
        local function down() return pcall(f, down) end
        pcall(down)
    end
    dive(function(down) return down() end)
    dive(function(down) return ("x"):gsub("x", down) end)
    dive(function(down) table.sort({ 1, 2, 3 }, down) end)
    dive(function(down) return coroutine.wrap(down)() end)
    dive(function(down) return setmetatable({}, { __index = down }).x end)
    dive(function(down) return setmetatable({}, { __len = down }) + 1 end)
    dive(function(down) for _ in down do end end)
    dive(function(down) return xpcall(down, down) end)
    dive(function(down)
        local c <close> = setmetatable({}, { __close = down })
    end)
    dive(function(down)
        return tostring(setmetatable({}, { __tostring = down }))
    end)
    dive(function(down) return load("return ...")(down)() end)
    dive(function(down) return table.concat(setmetatable({}, { __index = down,
        __len = function() return 1 end })) end)
    return Response.new("held")
end }
