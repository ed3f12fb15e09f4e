-- An A/B test: a new visitor is given a variant at random, a cookie keeps it.

local VARIANTS = { a = require("a.html"), b = require("b.html") }
local COOKIE = "variant"
local SHARE_OF_B = 0.5

local function cookie(request, name)
  for pair in (request.headers:get("cookie") or ""):gmatch("[^;]+") do
    local key, value = pair:match("^%s*([^=%s]+)%s*=%s*(.-)%s*$")
    if key == name then
      return value
    end
  end
end

return {
  fetch = function(request)
    local variant = cookie(request, COOKIE)
    local headers = {
      ["content-type"] = "text/html; charset=utf-8",
      ["cache-control"] = "private", -- the answer depends on the cookie
      vary = "cookie",
    }
    if not VARIANTS[variant] then
      variant = math.random() < SHARE_OF_B and "b" or "a"
      headers["set-cookie"] = COOKIE .. "=" .. variant .. "; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax"
    end
    console.log("variant", variant)
    return Response.new(VARIANTS[variant], { headers = headers })
  end,
}
