-- Each turn closes upvalues of its own.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local last
    while true do
        for i = 1, 10 do
            local a, b, c = i, {}, last
            last = function() a = b return a end
            goto continue
            ::continue::
        end
    end
end }
