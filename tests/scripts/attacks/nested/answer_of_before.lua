-- Answers with the Response of an earlier request.
-- outcome: held or exception
return { fetch = function(request, env, ctx)
    if not old then
        old = Response.new("ESCAPED: of before")
        return Response.new("held")
    end
    return old
end }
