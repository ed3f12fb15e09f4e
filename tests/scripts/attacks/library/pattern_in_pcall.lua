-- Every slow match is caught and tried again.
-- outcome: exception or cpu
return { fetch = function(request, env, ctx)
    while true do pcall(string.find, ("x"):rep(9000), ".-.-.-y") end
end }
