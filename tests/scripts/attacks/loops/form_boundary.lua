-- A line of a boundary that never ends.
-- outcome: cpu
local function form(body)
    return Response.new(body, { headers = {
        ["content-type"] = "multipart/form-data; boundary=b" } }):formData()
end
return { fetch = function(request, env, ctx)
    local first = true
    form(function()
        local chunk = first and "--b" or "        "
        first = false
        return chunk
    end)
end }
