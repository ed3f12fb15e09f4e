-- Uploads read again and again, every one kept.
-- outcome: memory or cpu or held
return { fetch = function(request, env, ctx)
    local form, kept = FormData.new(), {}
    form:append("f", { name = "n", data = ("x"):rep(1000000) })
    local ok, err = pcall(function()
        while true do kept[#kept + 1] = Response.new(form):formData() end
    end)
    assert(not ok and err.code == "body_too_large", tostring(err))
    return Response.new("held")
end }
