-- The usual work with patterns, on texts of a usual size.
-- outcome: held
return { fetch = function(request, env, ctx)
    local line = "2026-11-24T10:20:30Z GET /a/b?x=1&y=2 200 1234 \"agent/1.0\""
    local n = 0
    for _ = 1, 300 do
        local y, m, d = line:match("^(%d+)-(%d+)-(%d+)T")
        assert(y == "2026" and m == "11" and d == "24")
        for k, v in line:gmatch("(%w+)=(%w+)") do n = n + #k + #v end
        assert(line:gsub("%d", "#"):find("####-##", 1, true))
        assert(line:match('"([^"]*)"') == "agent/1.0")
        assert(line:find("GET", 1, true))
        assert(line:match("%s(%d%d%d)%s") == "200")
        assert(("  trim me  "):match("^%s*(.-)%s*$") == "trim me")
        assert(("a,b,,c"):gsub(",", ";") == "a;b;;c")
    end
    assert(n > 0)
    return Response.new("held")
end }
