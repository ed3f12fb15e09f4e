-- A router of a page: patterns such as "/products/:id", a function a method.

local Router = {}
Router.__index = Router

local function split(path)
  local segments = {}
  for segment in path:gmatch("[^/]+") do
    segments[#segments + 1] = segment
  end
  return segments
end

local function problem(status, message, headers)
  return Response.json({ error = message }, { status = status, headers = headers })
end

-- The parameters of the path, or nil when it is another one.
local function match(route, segments)
  if #route.segments ~= #segments then
    return nil
  end
  local params = {}
  for i, wanted in ipairs(route.segments) do
    local name = wanted:match("^:(.+)")
    if name then
      local ok, value = pcall(decodeURIComponent, segments[i])
      params[name] = ok and value or segments[i]
    elseif wanted ~= segments[i] then
      return nil
    end
  end
  return params
end

local function new()
  return setmetatable({ routes = {} }, Router)
end

function Router:add(method, pattern, handler)
  self.routes[#self.routes + 1] = {
    method = method, segments = split(pattern), handler = handler,
  }
end

-- Ends a handler with an answer: router.fail(404, "no such product").
local function fail(status, message)
  error({ status = status, message = message })
end

function Router:handle(request, env, ctx)
  local url = URL.new(request.url)
  local segments = split(url.pathname)
  local method = request.method == "HEAD" and "GET" or request.method
  local allowed = {}
  for _, route in ipairs(self.routes) do
    local params = match(route, segments)
    if params and route.method == method then
      local ok, result = pcall(route.handler, request, params, url, env, ctx)
      if ok then
        return result
      elseif type(result) == "table" and result.status then
        return problem(result.status, result.message)
      end
      error(result) -- not ours: mod_wfp answers and keeps a record
    elseif params then
      allowed[#allowed + 1] = route.method
    end
  end
  if #allowed > 0 then
    return problem(405, "method not allowed", { allow = table.concat(allowed, ", ") })
  end
  return problem(404, "not found")
end

return { new = new, fail = fail }
