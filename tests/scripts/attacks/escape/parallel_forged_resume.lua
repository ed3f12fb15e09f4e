-- Resumes what waits for the host, with values of its own, from everywhere.
-- outcome: held
return { fetch = function(request, env, ctx)
    local co, task, wrapped, got
    local function poke()
        for _, c in ipairs { co, task } do
            for i = 1, 5 do
                local ok, why = coroutine.resume(c, { status = 200 }, "forged")
                if ok then return "ESCAPED: resumed" end
            end
            if coroutine.status(c) ~= "normal" then
                return "ESCAPED: " .. coroutine.status(c)
            end
        end
        if pcall(wrapped, "forged") then return "ESCAPED: called" end
    end
    local a, b, c = parallel(
        function()
            task = coroutine.running()
            co = coroutine.create(function()
                wrapped = coroutine.wrap(function()
                    scheduler.wait(20)
                    return "mine"
                end)
                return wrapped()
            end)
            return select(2, coroutine.resume(co))
        end,
        function() return poke() or table.sort({ 2, 1 }, function()
            got = got or poke() return false end) or got end,
        function() scheduler.wait(5) return poke() end)
    return Response.new(b or c or (a == "mine" and "held" or "ESCAPED: " .. tostring(a)))
end }
