-- A form of parts without end.
-- outcome: memory or cpu or held
local function form(body)
    return Response.new(body, { headers = {
        ["content-type"] = "multipart/form-data; boundary=b" } }):formData()
end
local part = '\r\n--b\r\nContent-Disposition: form-data; name="n"\r\n\r\nv'
return { fetch = function(request, env, ctx)
    local ok, err = pcall(form, function() return part end)
    assert(not ok)
    return Response.new("held " .. tostring(err))
end }
