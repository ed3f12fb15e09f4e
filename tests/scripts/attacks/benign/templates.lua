-- load() with an environment as a template engine.
-- outcome: held
return { fetch = function(request, env, ctx)
    local function render(text, data)
        local code = { "local out = {} " }
        local at = 1
        for before, expression, next_at in text:gmatch("(.-){{(.-)}}()") do
            code[#code + 1] = ("out[#out + 1] = %q "):format(before)
            code[#code + 1] = "out[#out + 1] = tostring(" .. expression .. ") "
            at = next_at
        end
        code[#code + 1] = ("out[#out + 1] = %q return out"):format(text:sub(at))
        local env = setmetatable(data, { __index = _G })
        return table.concat(assert(load(table.concat(code), "=t", "t", env))())
    end
    assert(render("{{name}} has {{n + 1}} items", { name = "Ada", n = 2 })
           == "Ada has 3 items")
    return Response.new("held")
end }
