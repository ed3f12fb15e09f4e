-- A form whose first boundary never comes.
-- outcome: cpu
local function form(body)
    return Response.new(body, { headers = {
        ["content-type"] = "multipart/form-data; boundary=b" } }):formData()
end
return { fetch = function(request, env, ctx)
    form(function() return "--c\r\n" end)
end }
