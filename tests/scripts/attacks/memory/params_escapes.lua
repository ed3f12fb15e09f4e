-- A text that grows threefold each time it is encoded.
-- outcome: held or memory or cpu
return { fetch = function(request, env, ctx)
    local text = "%"
    local ok, err = pcall(function()
        while true do text = tostring(URLSearchParams.new { [text] = text }) end
    end)
    assert(not ok)
    ok, err = pcall(function()
        local s = "%"
        while true do s = encodeURIComponent(s) .. btoa(s) .. hex.encode(s) end
    end)
    assert(not ok)
    return Response.new("held")
end }
