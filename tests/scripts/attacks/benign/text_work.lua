-- Parsing, splitting, quoting, building.
-- outcome: held
return { fetch = function(request, env, ctx)
    local rows = {}
    for line in ("name=ada;age=36\nname=alan;age=41\n"):gmatch("[^\n]+") do
        local row = {}
        for k, v in line:gmatch("(%w+)=(%w+)") do row[k] = tonumber(v) or v end
        rows[#rows + 1] = row
    end
    assert(#rows == 2 and rows[2].age == 41 and rows[1].name == "ada")
    local s = ("%-10s|%5.1f|%03d|%q"):format("left", 3.14159, 7, "a\n\"b\"")
    assert(s == 'left      |  3.1|007|"a\\\n\\"b\\""')
    assert(("hello world"):gsub("o", { o = "0" }) == "hell0 w0rld")
    assert(("  trim  "):match("^%s*(.-)%s*$") == "trim")
    assert(#("x"):rep(100000, ","):gsub(",", "") == 100000)
    return Response.new("held")
end }
