-- Signals made of signals.
-- outcome: memory or cpu or exception
return { fetch = function(request, env, ctx)
    local all = {}
    for i = 1, 1e7 do
        all[i] = AbortSignal.any{ AbortSignal.any{ AbortController().signal } }
    end
end }
