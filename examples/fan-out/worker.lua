-- Asks several backends at the same time and answers with what came: it takes
-- as long as the slowest of them, and one that fails does not fail the others.

local TIMEOUT_MS = 2000

-- A function for parallel() that never raises.
local function ask(url)
  return function()
    local ok, result = pcall(function()
      local response = fetch(url, { timeout = TIMEOUT_MS })
      return { status = response.status, body = response:text() }
    end)
    if ok then
      return result
    end
    return { error = type(result) == "table" and result.code or tostring(result) }
  end
end

return {
  fetch = function(request, env)
    local asks = {}
    for i, url in ipairs(env.BACKENDS) do
      asks[i] = ask(url)
    end
    local answers = table.pack(parallel(table.unpack(asks)))
    local told = json.array({})
    for i = 1, answers.n do
      answers[i].url = env.BACKENDS[i]
      told[i] = answers[i]
    end
    return Response.json(told)
  end,
}
