-- The outbound Worker: every fetch() of every customer passes through here. It
-- logs, keeps one host out of reach, and signs requests to the platform's own
-- origin with a secret that no customer ever sees.

return {
  fetch = function(request, env, ctx)
    local url = URL.new(request.url)
    console.log(env.customer, request.method, request.url)
    if url.hostname == "blocked.example" then
      return Response.new("The platform does not allow this host.\n", {
        status = 403,
      })
    end
    local onward = Request.new(request)
    if url.origin == env.ORIGIN then
      onward.headers:set("Authorization", "Bearer " .. env.ORIGIN_TOKEN)
    end
    return fetch(onward)
  end,
}
