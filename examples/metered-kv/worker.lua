-- Stands in front of a KV namespace. A customer's Worker has it as a binding
-- that looks like a KV namespace: env.KV:get(key) calls get(env, ctx, key)
-- here. Who the customer is and what it may do say the binding's props, which
-- only the platform sets: the customer neither sees nor changes them.

local function props_of(ctx)
  local props = ctx.props
  if type(props.customer) ~= "string" then
    error("this binding has no customer")
  end
  return props
end

-- A customer's keys begin with its name: nobody reaches another's.
local function full_key(props, key)
  if type(key) ~= "string" or key == "" then
    error("a key must be a string that is not empty")
  end
  return props.customer .. "/" .. key
end

local function meter(env, props, op, bytes)
  env.METER:writeDataPoint{
    indexes = { props.customer }, blobs = { op }, doubles = { bytes },
  }
end

local function writable(ctx)
  local props = props_of(ctx)
  if props.readOnly then
    error("the plan is read-only")
  end
  return props
end

return {
  get = function(env, ctx, key, kind)
    local props = props_of(ctx)
    local value = env.STORE:get(full_key(props, key), "text")
    meter(env, props, "get", value and #value or 0)
    if value and kind == "json" then
      return json.decode(value)
    end
    return value
  end,

  put = function(env, ctx, key, value, options)
    local props = writable(ctx)
    value = tostring(value)
    if #value > (props.valueMax or 1024) then
      error("the plan's values have " .. (props.valueMax or 1024) .. " bytes at most")
    end
    env.STORE:put(full_key(props, key), value, options)
    meter(env, props, "put", #value)
  end,

  delete = function(env, ctx, key)
    local props = writable(ctx)
    env.STORE:delete(full_key(props, key))
    meter(env, props, "delete", 0)
  end,

  list = function(env, ctx, options)
    local props = props_of(ctx)
    local own = props.customer .. "/"
    options = options or {}
    local page = env.STORE:list{
      prefix = own .. (options.prefix or ""), limit = options.limit, cursor = options.cursor,
    }
    for _, key in ipairs(page.keys) do
      key.name = key.name:sub(#own + 1)
    end
    meter(env, props, "list", 0)
    return page
  end,

  fetch = function()
    return Response.new("a binding, no site\n", { status = 404 })
  end,
}
