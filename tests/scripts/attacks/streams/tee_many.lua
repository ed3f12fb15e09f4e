-- Thousands of copies, each a byte behind.
-- outcome: memory or cpu
return { fetch = function(request, env, ctx)
    local kept = {}
    while true do
        local a, b = Response.new(function() return "x" end).body:tee()
        a:read()
        kept[#kept + 1] = b
    end
end }
