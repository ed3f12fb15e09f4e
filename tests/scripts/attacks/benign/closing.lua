-- To-be-closed variables in order, with errors.
-- outcome: held
return { fetch = function(request, env, ctx)
    local order = {}
    local function closing(n)
        return setmetatable({}, { __close = function(_, e)
            order[#order + 1] = n .. (e and "!" or "")
        end })
    end
    do local a <close>, b = closing("a"), 1 end
    pcall(function()
        local c <close> = closing("c")
        local d <close> = closing("d")
        error("x")
    end)
    assert(table.concat(order, " ") == "a d! c!")
    return Response.new("held")
end }
