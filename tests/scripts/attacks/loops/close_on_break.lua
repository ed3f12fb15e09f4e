-- Breaks out of scopes with closing values, for ever.
-- outcome: cpu
return { fetch = function(request, env, ctx)
    local n = 0
    local mt = { __close = function() n = n + 1 end }
    while true do
        while true do
            local a <close> = setmetatable({}, mt)
            do
                local b <close> = setmetatable({}, mt)
                if n % 2 == 0 then break end
                goto out
            end
        end
        ::out::
    end
end }
