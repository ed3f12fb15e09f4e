-- Names that grow when they are written: every byte becomes three.
-- outcome: held or memory or cpu
return { fetch = function(request, env, ctx)
    local form, name = FormData.new(), ('"'):rep(4000000)
    form:append(name, { name = name, data = "" })
    local ok, err = pcall(Response.new, form)
    return Response.new("held " .. (ok and "written" or tostring(err)))
end }
