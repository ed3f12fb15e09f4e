-- A webhook's receiver: takes only what was signed with the shared secret, as
-- GitHub signs ("X-Hub-Signature-256: sha256=HEX" of the body).

local ALGORITHM = { name = "HMAC", hash = "SHA-256" }
local BODY_MAX = 1024 * 1024

local key -- imported once an isolate

local function is_signed(request, body, env)
  local text = (request.headers:get("x-hub-signature-256") or ""):match("^sha256=(%x+)$")
  if not text or #text ~= 64 then
    return false
  end
  key = key or crypto.subtle.importKey("raw", env.WEBHOOK_SECRET, ALGORITHM, false, { "verify" })
  -- compares in a time that tells nothing
  return crypto.subtle.verify("HMAC", key, hex.decode(text), body)
end

return {
  fetch = function(request, env, ctx)
    if request.method ~= "POST" then
      return Response.new("POST only\n", { status = 405, headers = { allow = "POST" } })
    end
    local size = tonumber(request.headers:get("content-length") or 0)
    if not size or size > BODY_MAX then
      return Response.new("too large\n", { status = 413 })
    end
    local body = request:text()
    if not is_signed(request, body, env) then
      return Response.new("bad signature\n", { status = 401 })
    end
    local ok, event = pcall(json.decode, body)
    if not ok then
      return Response.new(event.message .. "\n", { status = 400 })
    end
    -- answer at once, work afterwards: senders wait only for seconds
    ctx:waitUntil(function()
      console.log("event", request.headers:get("x-github-event") or "?", event)
    end)
    return Response.new(nil, { status = 204 })
  end,
}
