-- A transformed body kept for the next request.
-- outcome: held
local kept
return { fetch = function(request, env, ctx)
    if kept then
        local ok, e = pcall(kept.read, kept)
        return Response.new(ok and "ESCAPED" or "held " .. tostring(e))
    end
    kept = HTMLRewriter.new():transform(Response.new("<b>")).body
    return Response.new("held")
end }
