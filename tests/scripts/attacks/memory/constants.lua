-- Functions with many constants, kept.
-- outcome: memory or cpu or exception
return { fetch = function(request, env, ctx)
    local t = {}
    while true do
        local parts = {}
        for i = 1, 2000 do parts[i] = "'" .. #t .. "c" .. i .. "'" end
        t[#t + 1] = load("return {" .. table.concat(parts, ",") .. "}")
    end
end }
