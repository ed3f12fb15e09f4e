-- A JSON API: the router is a module, the data a JSON part of the upload.

local router = require("router")
local products = require("products.json")

local by_id = {}
for _, product in ipairs(products) do
  by_id[product.id] = product
end

local api = router.new()

api:add("GET", "/products", function(request, params, url)
  local most = tonumber(url.searchParams:get("max_cents") or math.huge)
  if not most then
    router.fail(400, "max_cents must be a number")
  end
  local found = json.array({})
  for _, product in ipairs(products) do
    if product.cents <= most then
      found[#found + 1] = product
    end
  end
  return Response.json(found)
end)

api:add("GET", "/products/:id", function(request, params)
  local product = by_id[params.id] or router.fail(404, "no such product")
  return Response.json(product)
end)

api:add("POST", "/quotes", function(request)
  local ok, order = pcall(request.json, request)
  if not ok then
    router.fail(400, order.message)
  elseif type(order) ~= "table" or type(order.items) ~= "table" then
    router.fail(422, "items is missing")
  end
  local total = 0
  for i, item in ipairs(order.items) do
    local product = type(item) == "table" and by_id[item.id]
    local count = product and item.count
    if math.type(count) ~= "integer" or count < 1 or count > 1000 then
      router.fail(422, "item " .. i .. " is no product with a count")
    end
    total = total + product.cents * count
  end
  return Response.json({ cents = total }, { status = 201 })
end)

return {
  fetch = function(request, env, ctx)
    return api:handle(request, env, ctx)
  end,
}
