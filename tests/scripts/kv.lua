-- Does what the request's body says, a JSON array of calls of env.KV, in order:
-- {"op": name of the method, "args": [...], "hex": true: keys and values of args
-- are hex digits}. Answers the results, or {"error": ..., "name": ..., "code": ...}
-- for those that failed.
local function call(env, c)
  local kv = c.env and env[c.env] or env.KV
  local a = c.args or {}
  for i = 1, 2 do
    if c.hex and type(a[i]) == "string" and (i == 1 or c.op == "put") then
      a[i] = hex.decode(a[i])
    end
    if a[i] == json.null then a[i] = nil end
  end
  local result = kv[c.op](kv, a[1], a[2], a[3])
  if c.hex and type(result) == "string" then result = hex.encode(result) end
  if result == nil then result = json.null end
  return result
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
