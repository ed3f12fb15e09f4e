-- Images in R2: what is uploaded streams into the bucket, what is asked for
-- streams out, whole, in part, or not at all when the client has it already.

local TYPES = { ["image/png"] = true, ["image/jpeg"] = true, ["image/webp"] = true, ["image/gif"] = true }
local MAX_BYTES = 10 * 1024 * 1024

local function problem(status, text)
  return Response.json({ error = text }, { status = status })
end

local function is_owner(request, env)
  local given = request.headers:get("Authorization") or ""
  local wanted = "Bearer " .. env.UPLOAD_TOKEN
  return #given == #wanted and crypto.timingSafeEqual(given, wanted)
end

local function put(request, env, key)
  local type = request.headers:get("Content-Type")
  local size = math.tointeger(tonumber(request.headers:get("Content-Length")))
  if not TYPES[type or ""] then
    return problem(415, "png, jpeg, webp or gif")
  elseif not size then
    return problem(411, "its length is wanted")
  elseif size > MAX_BYTES then
    return problem(413, "10 MB at most")
  end
  local object = env.IMAGES:put(key, request.body, {
    httpMetadata = { contentType = type, cacheControl = "public, max-age=3600" },
  })
  return Response.json({ key = object.key, size = object.size, etag = object.etag }, { status = 201 })
end

local function get(request, env, key)
  local object = env.IMAGES:get(key, { onlyIf = request.headers, range = request.headers })
  if not object then
    return problem(404, "there is no such image")
  end
  local headers = Headers.new({ ETag = object.httpEtag, ["Accept-Ranges"] = "bytes" })
  object:writeHttpMetadata(headers)
  headers:set("X-Content-Type-Options", "nosniff")
  if not object.body then -- onlyIf was not met: a head without a body
    return Response.new(nil, { status = 304, headers = headers })
  end
  local range = object.range
  if request.headers:has("Range") and range and range.length < object.size then
    headers:set("Content-Range", ("bytes %d-%d/%d"):format(range.offset, range.offset + range.length - 1, object.size))
    return Response.new(object.body, { status = 206, headers = headers })
  end
  return Response.new(object.body, { headers = headers })
end

-- An object of R2 is none of JSON's: what is to be told is picked.
local function list(env, url)
  local found = env.IMAGES:list({ prefix = url.searchParams:get("prefix"), cursor = url.searchParams:get("cursor"), limit = 100 })
  local images = json.array({})
  for i, object in ipairs(found.objects) do
    images[i] = { key = object.key, size = object.size }
  end
  return Response.json({ images = images, cursor = found.truncated and found.cursor or json.null })
end

return {
  fetch = function(request, env, ctx)
    local url = URL.new(request.url)
    local key = decodeURIComponent(url.pathname:sub(2))
    local method = request.method
    if method == "GET" or method == "HEAD" then
      if key == "" then
        return list(env, url)
      end
      return get(request, env, key)
    elseif method ~= "PUT" and method ~= "DELETE" then
      return Response.new(nil, { status = 405, headers = { Allow = "GET, HEAD, PUT, DELETE" } })
    elseif not is_owner(request, env) then
      return problem(401, "who are you?")
    elseif key == "" then
      return problem(400, "an image has a name")
    elseif method == "PUT" then
      return put(request, env, key)
    end
    env.IMAGES:delete(key)
    return Response.new(nil, { status = 204 })
  end,
}
