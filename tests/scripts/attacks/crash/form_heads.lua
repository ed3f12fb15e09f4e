-- Heads of parts of every size and shape.
-- outcome: held
local function form(body)
    return Response.new(body, { headers = {
        ["content-type"] = "multipart/form-data; boundary=b" } }):formData()
end
return { fetch = function(request, env, ctx)
    local disposition = "Content-Disposition: form-data; name=n"
    local heads = { "", "\r\n", ":", ": x", "x", "\0", "\r", "\n", disposition .. "\0",
        disposition .. ";", disposition .. "; name=n", ("X: y\r\n"):rep(17) .. disposition,
        ("X: y\r\n"):rep(100000), "X: " .. ("y"):rep(8192), ("x"):rep(1000000),
        disposition .. "; filename=" .. ('"'):rep(8000), disposition .. '; filename="' .. ("\\"):rep(8000),
        disposition .. "; filename*=UTF-8''" .. ("%"):rep(8000), disposition .. ("; a=b"):rep(1500),
        disposition .. (";"):rep(8000), disposition .. '; filename="' .. ("%22"):rep(2500) }
    for _, head in ipairs(heads) do
        for _, tail in ipairs { "\r\n\r\nv\r\n--b--", "\r\n\r\n", "\r\n", "", '"\r\n\r\n\r\n--b--' } do
            pcall(form, "--b\r\n" .. head .. tail)
        end
        pcall(function()
            return Response.new("", { headers = { ["content-type"] = "multipart/form-data; boundary=" .. head } }):formData()
        end)
    end
    return Response.new("held")
end }
