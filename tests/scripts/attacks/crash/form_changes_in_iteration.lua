-- Lists that change while they are walked, sorted and written.
-- outcome: held
return { fetch = function(request, env, ctx)
    for _, list in ipairs { FormData.new(), URLSearchParams.new(), URL.new("http://a/").searchParams } do
        for i = 1, 100 do list:append("n" .. i % 7, i) end
        local seen = 0
        for name in pairs(list) do
            list:delete(name)
            list:set("n1", "x")
            list:append("m", name)
            seen = seen + 1
        end
        assert(seen == 100)
        for _ = 1, 100 do
            local next_pair = list:entries()
            list:delete("m")
            for _ = 1, 200 do next_pair() end
        end
        collectgarbage("count")
        Response.new(list)
    end
    return Response.new("held")
end }
