-- A chain of metatables in no order, each held by the last one's snapshot.
-- outcome: cpu
-- The collector goes over the groups' shadows again for nearly every link.
return { fetch = function(request, env, ctx)
    local keys, order = {}, {}
    for i = 1, 20000 do
        local mt = { __index = {} }
        setmetatable({}, mt)
        keys[i], order[i] = mt, i
    end
    for i = #order, 2, -1 do
        local j = math.random(i)
        order[i], order[j] = order[j], order[i]
    end
    for i = 1, #order - 1 do
        -- a late event goes into the snapshot; then only that holds the next
        local mt, next_one = keys[order[i]], keys[order[i + 1]]
        mt.__call = next_one
        mt.__call = nil
    end
    first, keys, order = keys[order[1]], nil, nil
    while true do collectgarbage() local t = {} for i = 1, 1000 do t[i] = {} end end
end }
