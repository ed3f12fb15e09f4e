-- Does what the request's body says, a JSON array of calls of env.QUEUE, in
-- order: {"op": name of the method, "args": [...], "hex": true: the body is hex
-- digits of what is sent}. Answers "sent", or {"error": ..., "name": ...,
-- "code": ...} for those that failed.
local function call(env, c)
  local queue = env[c.env or "QUEUE"]
  local a = c.args or {}
  if c.hex then a[1] = hex.decode(a[1]) end
  if c.fill then a[1] = ("x"):rep(c.fill) end
  for i = 1, 2 do
    if a[i] == json.null then a[i] = nil end
  end
  queue[c.op](queue, a[1], a[2])
  return "sent"
end

return {
  fetch = function(request, env)
    local out = json.array({})
    for i, c in ipairs(request:json()) do
      local ok, result = pcall(call, env, c)
      if not ok then
        result = { error = result.message or tostring(result), name = result.name,
                   code = result.code }
      end
      out[i] = result
    end
    return Response.json(out)
  end,
}
