-- A small FormData whose body would be large: entries share one text.
-- outcome: held
return { fetch = function(request, env, ctx)
    local form, text = FormData.new(), ("x"):rep(1000000)
    for i = 1, 200 do form:append("f", { name = text, data = text }) end
    local ok, err = pcall(Response.new, form)
    assert(not ok and err.code == "body_too_large", tostring(err))
    ok, err = pcall(fetch, "http://127.0.0.1/", { method = "POST", body = form })
    assert(not ok and err.code == "body_too_large", tostring(err))
    return Response.new("held")
end }
