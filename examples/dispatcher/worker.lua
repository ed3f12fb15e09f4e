-- The dispatcher: every request of the platform comes in here. It picks the
-- customer's Worker by subdomain, says what that Worker may use, and has the
-- last word on the response: without a plan a customer's pages run no scripts.

local sanitise = require("sanitise")

local FREE = { cpuMs = 20, subRequests = 5 }
local PLANS = {
  ["customer-a"] = { cpuMs = 50, subRequests = 20 },
}

local function answer(status, text)
  return Response.new(text .. "\n", {
    status = status,
    headers = { ["content-type"] = "text/plain; charset=utf-8" },
  })
end

local function run(customer, request, env)
  local options = {
    limits = PLANS[customer] or FREE,
    outbound = { customer = customer },
  }
  return env.DISPATCHER:get(customer, { customer = customer }, options)
    :fetch(request)
end

return {
  fetch = function(request, env, ctx)
    local customer = URL.new(request.url).hostname:match("^([%w_-]+)%.")
    if not customer then
      return answer(404, "Say which customer: http://customer-a.localhost/")
    end
    local ok, result = pcall(run, customer, request, env)
    if ok then
      -- what a customer's framework tells about itself stays inside
      result.headers:delete("x-powered-by")
      return PLANS[customer] and result or sanitise(result)
    end
    if result.code == "worker_not_found" then
      return answer(404, "There is no customer " .. customer)
    end
    if result.name == "LimitError" then
      console.warn(customer, result.message)
      return answer(503, customer .. " used up its " .. result.limit)
    end
    error(result) -- anything else: mod_wfp answers
  end,
}
