-- Nothing outside the upload can be required.
-- outcome: held
return { fetch = function(request, env, ctx)
    for _, name in ipairs { "io", "os", "string", "package", "/etc/passwd",
                            "../worker", "./../../x", "lfs", "socket", "_G",
                            "worker\0.lua", "" } do
        if pcall(require, name) then
            return Response.new("ESCAPED: " .. name)
        end
    end
    return Response.new("held")
end }
