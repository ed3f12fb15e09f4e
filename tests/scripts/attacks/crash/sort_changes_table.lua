-- The comparator empties, grows and sorts the table.
-- outcome: held
return { fetch = function(request, env, ctx)
    for mode = 1, 4 do
        local t = {}
        for i = 1, 300 do t[i] = i * 7 % 301 end
        pcall(table.sort, t, function(a, b)
            if mode == 1 then for i = 1, 300 do t[i] = nil end
            elseif mode == 2 then for i = 1, 50 do t[#t + 1] = i end
            elseif mode == 3 then table.sort(t)
            else t[math.random(300)] = math.random(300) end
            return (a or 0) < (b or 0)
        end)
    end
    return Response.new("held")
end }
