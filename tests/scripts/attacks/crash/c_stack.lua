-- Library functions that call back into themselves.
-- outcome: held or exception
return { fetch = function(request, env, ctx)
    local function gsub() return ("x"):gsub(".", gsub) end
    local function sort() table.sort({ 1, 2, 3 }, sort) end
    local function text() return tostring(setmetatable({}, { __tostring = text })) end
    local function wrap() return coroutine.wrap(wrap)() end
    local function catch() return pcall(catch) end
    local function handle() return xpcall(error, handle) end
    for _, f in ipairs { gsub, sort, text, wrap, catch, handle } do
        pcall(f)
    end
    return Response.new("held")
end }
