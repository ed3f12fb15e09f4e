-- A customer's Worker: asks the platform's origin and wraps its answer.

local page = require("page")

return {
  fetch = function(request, env, ctx)
    local path = URL.new(request.url).pathname
    if path == "/blocked" then
      return fetch("http://blocked.example/")
    end
    if path == "/loop" then
      while true do end -- ends at the limit that the dispatcher gave
    end
    local origin = fetch(env.ORIGIN .. "/hello.txt")
    ctx:waitUntil(function()
      console.log("served", path, "origin said", origin.status)
    end)
    return Response.new(page.render(env.GREETING, origin:text()), {
      headers = {
        ["content-type"] = "text/plain; charset=utf-8",
        ["x-powered-by"] = "customer-a's framework",
      },
    })
  end,
}
