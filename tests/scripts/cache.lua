-- Does with a cache what the body says: a list of {op, request, response}.
local function describe(resp)
  if resp == nil then return json.null end
  local headers = {}
  for name, value in resp.headers:entries() do headers[name] = value end
  return { status = resp.status, headers = headers, body = resp:text() }
end

local function request(r)
  if type(r) == "string" then return r end
  return Request.new(r.url, { method = r.method, headers = r.headers })
end

local function response(r)
  return Response.new(r.body or (r.size and ("x"):rep(r.size)), { status = r.status, headers = r.headers })
end

local ops = {
  match = function(cache, c) return describe(cache:match(request(c.request), c.options)) end,
  put = function(cache, c)
    local r = response(c.response)
    cache:put(request(c.request), r)
    return r.bodyUsed
  end,
  delete = function(cache, c) return cache:delete(request(c.request), c.options) end,
}

return { fetch = function(req)
  local out = {}
  for i, c in ipairs(req:json()) do
    local cache
    if c.cache == "default" then cache = caches.default else cache = caches.open(c.cache or "a") end
    local ok, what = pcall(ops[c.op], cache, c)
    if not ok then what = { error = tostring(what) } end
    out[i] = what == nil and json.null or what
  end
  return Response.json(json.array(out))
end }
