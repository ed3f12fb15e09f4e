-- The comparator empties, grows and sorts the table.
-- outcome: held
return { fetch = function(request, env, ctx)
    for mode = 1, 4 do
        local t = {}
        for i = 1, 100 do t[i] = i * 7 % 101 end
        pcall(table.sort, t, function(a, b)
            if mode == 1 then for i = 1, 100 do t[i] = nil end
            elseif mode == 2 then for i = 1, 5 do t[#t + 1] = i end
            elseif mode == 3 then table.sort(t)
            else t[math.random(100)] = math.random(100) end
            return (a or 0) < (b or 0)
        end)
    end
    return Response.new("held")
end }
