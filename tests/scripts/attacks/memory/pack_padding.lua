-- Padding by the megabyte.
-- outcome: exception
return { fetch = function(request, env, ctx)
    return Response.new(string.pack("c2000000000", ""))
end }
