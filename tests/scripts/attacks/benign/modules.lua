-- Modules that require modules, text and data.
-- outcome: held
local shop = require("shop/cart")
return { fetch = function()
    local cart = shop.new()
    cart:add("tea", 3)
    cart:add("cup", 2)
    assert(cart:total() == 3 * 2 + 2 * 5)
    assert(require("note.txt"):find("tea"))
    return Response.new("held")
end }
-- file: shop/cart.lua
local prices = require("shop/prices.json")
local Cart = {}
Cart.__index = Cart
function Cart.new() return setmetatable({ items = {} }, Cart) end
function Cart:add(name, n) self.items[name] = (self.items[name] or 0) + n end
function Cart:total()
    local sum = 0
    for name, n in pairs(self.items) do sum = sum + n * prices[name] end
    return sum
end
return Cart
-- file: shop/prices.json
{"tea": 2, "cup": 5}
-- file: note.txt
tea and cups
