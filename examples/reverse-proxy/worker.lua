-- A reverse proxy: sends each request to ORIGIN and rewrites headers on both
-- ways. Bodies stream through in both directions, whatever their size.

-- what must not leave: the origin is not to see it, or the client not
local REQUEST_DROPS = { "authorization", "cookie", "x-forwarded-for" }
local RESPONSE_DROPS = { "server", "x-powered-by", "set-cookie" }
local RESPONSE_ADDS = {
  ["strict-transport-security"] = "max-age=31536000",
  ["x-content-type-options"] = "nosniff",
  ["x-frame-options"] = "DENY",
}

local function to_origin(request, origin)
  local here = URL.new(request.url)
  local there = URL.new(here.pathname .. here.search, origin)
  -- same method, headers and body; redirects are the client's affair, as for
  -- every request that comes in
  local out = Request.new(there, request)
  for _, name in ipairs(REQUEST_DROPS) do
    out.headers:delete(name)
  end
  -- not X-Forwarded-...: of a user Worker those are not sent
  out.headers:set("x-original-host", here.host)
  out.headers:set("x-original-proto", here.protocol:sub(1, -2))
  return out
end

-- A redirect to the origin becomes one to this host.
local function rewrite_location(response, request, origin)
  local location = response.headers:get("location")
  if not location or not URL.canParse(location, origin) then
    return
  end
  local url = URL.new(location, origin)
  if url.origin == origin.origin then
    local here = URL.new(request.url)
    response.headers:set("location", here.origin .. url.pathname .. url.search .. url.hash)
  end
end

return {
  fetch = function(request, env)
    local origin = URL.new(env.ORIGIN)
    local ok, response = pcall(fetch, to_origin(request, origin))
    if not ok then
      console.error("origin", tostring(response))
      return Response.new("the origin does not answer\n", { status = 502 })
    end
    rewrite_location(response, request, origin)
    for _, name in ipairs(RESPONSE_DROPS) do
      response.headers:delete(name)
    end
    for name, value in pairs(RESPONSE_ADDS) do
      response.headers:set(name, value)
    end
    return response
  end,
}
