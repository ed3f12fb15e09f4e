-- A dispatcher that knows plans: how often a customer's Worker may be called,
-- and what it may use in each call.
--
-- The buckets live in this isolate. There is one isolate a busy thread of a
-- busy child, so a customer may get up to so many times the rate: enough to
-- hold off a flood, not to bill by.

local config = require("plans.json")

local BUCKETS_MAX = 10000

-- customers seen lately; those of the time before are forgotten when full
local recent, older, count = {}, {}, 0

local function bucket_of(customer, plan, now)
  local bucket = recent[customer]
  if not bucket then
    bucket = older[customer] or { tokens = plan.burst, at = now }
    if count == BUCKETS_MAX then
      recent, older, count = {}, recent, 0
    end
    recent[customer], count = bucket, count + 1
  end
  return bucket
end

-- nil when the call may go on, else the seconds to wait.
local function wait_of(customer, plan)
  local now = Date.now() / 1000
  local bucket = bucket_of(customer, plan, now)
  local tokens = bucket.tokens + (now - bucket.at) * plan.per_second
  bucket.tokens, bucket.at = math.min(plan.burst, tokens), now
  if bucket.tokens < 1 then
    return math.ceil((1 - bucket.tokens) / plan.per_second)
  end
  bucket.tokens = bucket.tokens - 1
end

return {
  fetch = function(request, env)
    local customer = URL.new(request.url).hostname:match("^([%w_-]+)%.")
    if not customer then
      return Response.new("say which customer\n", { status = 404 })
    end
    local name = config.customers[customer] or config.default
    local plan = config.plans[name]
    local seconds = wait_of(customer, plan)
    if seconds then
      return Response.new("too many requests for the plan " .. name .. "\n", {
        status = 429, headers = { ["retry-after"] = tostring(seconds) },
      })
    end
    local worker = env.DISPATCHER:get(customer, { plan = name }, { limits = plan.limits })
    local ok, response = pcall(worker.fetch, worker, request)
    if ok then
      return response
    elseif response.code == "worker_not_found" then
      return Response.new("no such customer\n", { status = 404 })
    end
    error(response) -- limits and all else: mod_wfp answers
  end,
}
