-- One part without end: it does not fit, and that can be caught.
-- outcome: held or cpu
local function form(body)
    return Response.new(body, { headers = {
        ["content-type"] = "multipart/form-data; boundary=b" } }):formData()
end
return { fetch = function(request, env, ctx)
    local n, piece = 0, ("x"):rep(65536)
    local ok, err = pcall(form, function()
        n = n + 1
        return n == 1 and '--b\r\nContent-Disposition: form-data; name=n\r\n\r\n' or piece
    end)
    assert(not ok and (err.code == "body_too_large" or err.message == "too much work"))
    return Response.new("held")
end }
