-- Keeps the errors of other Workers in KV for a week, and shows the latest.

local WEEK = 7 * 24 * 3600
local SHOWN = 20

-- keys sort by time, the latest first
local function key_of(event, n)
  return ("%014d-%s-%d"):format(10 ^ 14 - event.eventTimestamp, event.requestId, n)
end

return {
  tail = function(events, env, ctx)
    for n, event in ipairs(events) do
      if event.outcome ~= "ok" then
        local error = event.exceptions[1] or {}
        env.ERRORS:put(key_of(event, n), json.encode({
          worker = event.scriptName,
          namespace = event.dispatchNamespace,
          outcome = event.outcome,
          message = error.message,
          url = event.event.request and event.event.request.url,
          request = event.requestId,
        }), { expirationTtl = WEEK })
      end
    end
  end,

  fetch = function(request, env, ctx)
    local lines = {}
    for _, key in ipairs(env.ERRORS:list({ limit = SHOWN }).keys) do
      lines[#lines + 1] = env.ERRORS:get(key.name)
    end
    return Response.new(table.concat(lines, "\n") .. "\n", { headers = { ["content-type"] = "application/x-ndjson" } })
  end,
}
