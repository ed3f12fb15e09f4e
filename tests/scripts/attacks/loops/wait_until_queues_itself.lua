-- waitUntil functions that queue themselves.
-- outcome: held
return { fetch = function(request, env, ctx)
    local function again() ctx:waitUntil(again) end
    ctx:waitUntil(again)
    return Response.new("held")
end }
