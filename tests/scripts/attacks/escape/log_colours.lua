-- Lines for the log with control characters, quotes and more lines.
-- outcome: held
return { fetch = function(request, env, ctx)
    console.log("a\nb\r\n[Tue Nov 24] [core:error] forged\27[31m\0\127\u{9B}")
    console.error(("\\\"\n"):rep(200), { ["\n"] = "\r\0" })
    console.info("\255\254\u{2028}")
    print("\"},\"outcome\":\"ok\"}\n{\"x\":true}")
    console.warn(setmetatable({}, { __tostring = function() return "\n\n" end }))
    return Response.new("held")
end }
