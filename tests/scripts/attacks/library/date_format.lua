-- A date format that grows a thousandfold.
-- outcome: exception or memory or cpu
return { fetch = function(request, env, ctx)
    return Response.new(#os.date(("%c"):rep(2000000)) .. "")
end }
