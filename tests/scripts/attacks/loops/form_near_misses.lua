-- Megabytes that begin to look like a boundary at each byte.
-- outcome: held or cpu
local function form(body)
    return Response.new(body, { headers = {
        ["content-type"] = "multipart/form-data; boundary=b" } }):formData()
end
return { fetch = function(request, env, ctx)
    local head = '--b\r\nContent-Disposition: form-data; name=n\r\n\r\n'
    for _, miss in ipairs { "\r", "\r\n", "\r\n-", "\r\n--", "\r\n--\r", "\n--b" } do
        local body = head .. miss:rep(1000000 // #miss) .. "\r\n--b--"
        local ok, got = pcall(form, body)
        assert(not ok or #got:get("n") == 1000000 // #miss * #miss)
    end
    return Response.new("held")
end }
