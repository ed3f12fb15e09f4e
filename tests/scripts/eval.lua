-- Runs the Lua text it is sent as f(request, env, ctx) and answers what that
-- returned, or the error it raised, as JSON.
local function plain(value)
    if value == nil then
        return json.null
    end
    return value
end

local function member(value, name)
    local ok, found = pcall(function() return value[name] end)
    return ok and found or nil
end

return {
    fetch = function(request, env, ctx)
        local chunk, why = load(request:text(), "=eval")
        if not chunk then
            return Response.new(why, { status = 400 })
        end
        local out = table.pack(pcall(chunk, request, env, ctx))
        if out[1] then
            local values = json.array({})
            for i = 2, out.n do
                values[i - 1] = plain(out[i])
            end
            return Response.json({ values = values })
        end
        local err = out[2]
        if type(err) == "string" then
            return Response.json({ error = { message = err } })
        end
        return Response.json({ error = {
            name = member(err, "name"),
            message = member(err, "message"),
            code = member(err, "code"),
            limit = member(err, "limit"),
            allowed = member(err, "allowed"),
            used = member(err, "used"),
            worker = member(err, "worker"),
            namespace = member(err, "namespace"),
            text = tostring(err),
        } })
    end,
}
