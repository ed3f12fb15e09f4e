-- Every access to the error object would run code.
-- outcome: exception
return { fetch = function(request, env, ctx)
    local function run() while true do end end
    error(setmetatable({}, { __index = run, __len = run, __pairs = run,
        __eq = run, __call = run, __name = "LimitError",
        __tostring = function() return "held" end }))
end }
