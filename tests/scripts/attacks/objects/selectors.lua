-- Selectors that are broken, deep, long and full of numbers.
-- outcome: held
return { fetch = function(request, env, ctx)
    local many = {}
    for i = 1, 5000 do many[i] = "a" .. i end
    for _, s in ipairs {
        "", " ", ">", "a >", "> a", "a,,b", ":not(", ":not()", ":nth-child(",
        "[",
        "[a", "[a=", "[a='", "#", ".", "*.*", "a b > c > d e",
        ":nth-child(0n+0)",
        ":nth-child(-99999999999999999999n+1)", ":nth-child(n", "a:hover", "\0",
        ":not(:not(:not(a)))", (":not("):rep(1000) .. "a" .. (")"):rep(1000),
        ("a "):rep(2000), ("a>"):rep(2000) .. "a", ("[a]"):rep(5000),
        (".c"):rep(5000), table.concat(many, ","), ("x"):rep(1000000),
        "\xFF" } do
        local ok = pcall(function()
            return HTMLRewriter.new():on(s, { element = function() end })
                :transform(Response.new("<a><b><c>x</c></b></a>")):text()
        end)
    end
    assert(not pcall(HTMLRewriter.new().on, HTMLRewriter.new(), {}, {}))
    return Response.new("held")
end }
