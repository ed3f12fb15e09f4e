-- The compiler alone: texts that take it long, again and again.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local labels = {}
    for i = 1, 2000 do labels[i] = "goto l" .. i .. " ::l" .. i .. "::" end
    local many = table.concat(labels, " ")
    local numbers = "return {" .. ("0x1.8p1,"):rep(20000) .. "}"
    local text = "return '" .. ("\\u{7FFFFFFF}\\z \n"):rep(10000) .. "'"
    while true do
        load(many)
        load(numbers)
        load(text)
        load("--[====[" .. ("]===]"):rep(10000))
    end
end }
