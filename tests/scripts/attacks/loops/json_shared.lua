-- A table of 60 levels whose text would have 2^60 entries.
-- outcome: held or cpu or memory
return { fetch = function(request, env, ctx)
    local t = { 1 }
    for _ = 1, 60 do t = { t, t } end
    local ok, err = pcall(json.encode, t)
    assert(not ok)
    return Response.new("held " .. tostring(err))
end }
