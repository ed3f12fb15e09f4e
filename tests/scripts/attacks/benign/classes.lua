-- Inheritance, late methods, metamethods of a class.
-- outcome: held
return { fetch = function(request, env, ctx)
    local Shape = {}
    Shape.__index = Shape
    function Shape.new(w, h) return setmetatable({ w = w, h = h }, Shape) end
    local Square = setmetatable({}, { __index = Shape })
    Square.__index = Square
    function Shape:area() return self.w * self.h end
    Shape.__add = function(a, b) return a:area() + b:area() end
    Shape.__lt = function(a, b) return a:area() < b:area() end
    Shape.__tostring = function(s) return s.w .. "x" .. s.h end
    Square.__eq = function(a, b) return a.w == b.w end
    local function square(n) return setmetatable({ w = n, h = n }, Square) end
    assert(Shape.new(2, 3) + Shape.new(1, 4) == 10)
    assert(Shape.new(1, 1) < Shape.new(2, 2))
    assert(tostring(Shape.new(4, 5)) == "4x5")
    assert(square(3):area() == 9 and square(2) == square(2))
    return Response.new("held")
end }
