-- Constructors changed by a script: the host does not ask them.
-- outcome: held or exception
return { fetch = function(request, env, ctx)
    Headers.new = function() return "ESCAPED" end
    Response.json = nil
    URL = nil
    local real = Response.new
    Response = setmetatable({}, { __index = function() error("asked") end })
    console = nil
    json = { encode = error }
    assert(request.headers:get("host"))
    assert(request:clone().url == request.url)
    return real("held", { headers = { ["x-a"] = "b" } })
end }
