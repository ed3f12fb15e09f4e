-- Sessions without a store: who somebody is stands in a cookie that only this
-- Worker can sign. Logins are limited by a rate.

local HOURS = 12
local key -- of this isolate

local function signing_key(env)
  key = key or crypto.subtle.importKey("raw", env.SESSION_KEY, { name = "HMAC", hash = "SHA-256" }, false,
    { "sign", "verify" })
  return key
end

local function seal(env, session)
  local text = base64url.encode(json.encode(session))
  return text .. "." .. base64url.encode(crypto.subtle.sign("HMAC", signing_key(env), text))
end

-- nil: it is none of ours, or its time is over
local function open(env, cookie)
  local text, signature = cookie:match("^([%w_-]+)%.([%w_-]+)$")
  if not text then
    return nil
  end
  local ok, bytes = pcall(base64url.decode, signature)
  if not ok or not crypto.subtle.verify("HMAC", signing_key(env), bytes, text) then
    return nil
  end
  local session = json.decode(base64url.decode(text)) -- signed, so it is what was sealed
  return session.ends > Date.now() and session or nil
end

local function cookie_of(request, name)
  for part in (request.headers:get("Cookie") or ""):gmatch("[^;]+") do
    local found, value = part:match("^%s*([^=]+)=(.*)$")
    if found == name then
      return value
    end
  end
end

local function login(request, env)
  local ok, form = pcall(request.formData, request)
  local name, password = ok and form:get("name"), ok and form:get("password")
  if type(name) ~= "string" or type(password) ~= "string" then
    return Response.json({ error = "name and password are wanted" }, { status = 400 })
  end
  if not env.LOGINS:limit({ key = name }).success then
    return Response.json({ error = "too many attempts" }, { status = 429, headers = { ["Retry-After"] = "60" } })
  end
  -- digests have one length, so nothing is told of the other one's
  local given = crypto.subtle.digest("SHA-256", password)
  local wanted = crypto.subtle.digest("SHA-256", env.PASSWORD)
  if not crypto.timingSafeEqual(given, wanted) then
    return Response.json({ error = "wrong name or password" }, { status = 401 })
  end
  local value = seal(env, { name = name, ends = Date.now() + HOURS * 3600 * 1000 })
  return Response.json({ name = name }, {
    headers = { ["Set-Cookie"] = "session=" .. value .. "; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=" .. HOURS * 3600 },
  })
end

return {
  fetch = function(request, env, ctx)
    local path = URL.new(request.url).pathname
    if path == "/login" and request.method == "POST" then
      return login(request, env)
    elseif path == "/logout" then
      return Response.new(nil, { status = 204, headers = { ["Set-Cookie"] = "session=; Path=/; Max-Age=0" } })
    end
    local session = open(env, cookie_of(request, "session") or "")
    if not session then
      return Response.json({ error = "log in first" }, { status = 401 })
    end
    return Response.json({ hello = session.name })
  end,
}
