-- A handler loops when the body is already on its way.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local n = 0
    return HTMLRewriter.new():on("i", { element = function()
        n = n + 1
        if n > 3 then while true do pcall(function() n = n + 1 end) end end
    end }):transform(Response.new(("<i>x</i>"):rep(10)))
end }
