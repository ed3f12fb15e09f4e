-- A FormData that grows without end, with files that share one text.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local form, text = FormData.new(), ("x"):rep(100000)
    while true do
        pcall(form.append, form, text, { name = text, data = text })
    end
end }
