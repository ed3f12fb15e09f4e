-- Work that a client does not wait for: its request only puts a job into a queue.
-- The same Worker takes jobs out, tries again what fails, and cleans up at night.

local ATTEMPTS = 3
local KEPT_SECONDS = 7 * 24 * 3600

local function state(env, id, text, more)
  env.JOBS:put("job:" .. id, json.encode({ state = text, detail = more }), { expirationTtl = KEPT_SECONDS })
end

local work = {}

function work.sum(job)
  local total = 0
  for _, n in ipairs(job.numbers) do
    total = total + n
  end
  return total
end

function work.reverse(job)
  return job.text:reverse()
end

return {
  fetch = function(request, env, ctx)
    local id = URL.new(request.url).pathname:match("^/jobs/([%x-]+)$")
    if id then
      local text = env.JOBS:get("job:" .. id)
      if not text then
        return Response.json({ error = "no such job" }, { status = 404 })
      end
      return Response.new(text, { headers = { ["Content-Type"] = "application/json" } })
    elseif request.method ~= "POST" then
      return Response.new(nil, { status = 405, headers = { Allow = "POST" } })
    end
    local ok, job = pcall(request.json, request)
    if not ok or type(job) ~= "table" or not work[job.kind] then
      return Response.json({ error = "kind is sum or reverse" }, { status = 422 })
    end
    job.id = crypto.randomUUID()
    state(env, job.id, "waiting") -- before it is sent: who takes it may be quick
    env.QUEUE:send(job)
    return Response.json({ id = job.id }, { status = 202, headers = { Location = "/jobs/" .. job.id } })
  end,

  -- One job that fails is tried again, and the others of its batch are not.
  queue = function(batch, env, ctx)
    for _, message in ipairs(batch.messages) do
      local job = message.body
      local ok, result = pcall(work[job.kind], job)
      if ok then
        state(env, job.id, "done", result)
        message:ack()
      elseif message.attempts < ATTEMPTS then
        state(env, job.id, "tried", tostring(result))
        message:retry({ delaySeconds = message.attempts }) -- longer each time
      else
        console.error("given up", job.id, tostring(result))
        state(env, job.id, "failed", tostring(result))
        message:ack()
      end
    end
  end,

  scheduled = function(event, env, ctx)
    local cursor, count = nil, 0
    repeat
      local list = env.JOBS:list({ prefix = "job:", cursor = cursor })
      count, cursor = count + #list.keys, list.cursor
    until list.list_complete
    console.log("jobs of the last week", count)
  end,
}
