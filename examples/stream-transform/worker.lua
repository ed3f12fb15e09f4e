-- Changes a text while it passes: masks what looks like a payment card's number
-- in each line of the request's body. Lines go out as they come in; of a body
-- of any size only one piece is in memory.

local LINE_MAX = 64 * 1024

-- A number with its spaces and hyphens does not go over a line's end, so many
-- lines are masked at once: that is what makes it cheap.
local function mask(lines)
  return (lines:gsub("%d[%d %-]+%d", function(number)
    local _, digits = number:gsub("%d", "")
    if digits < 13 or digits > 19 then
      return nil -- stays as it is
    end
    local seen = 0
    return (number:gsub("%d", function()
      seen = seen + 1
      if seen <= digits - 4 then
        return "*"
      end
    end))
  end))
end

-- A function for a Response's body: gives the changed lines, then nil.
local function transform(body)
  local rest = "" -- of a line whose end has not come
  return function()
    while true do
      local piece = body:read()
      if not piece then
        local last = mask(rest)
        rest = ""
        return last ~= "" and last or nil
      end
      local _, stop = piece:find(".*\n")
      if stop then
        local lines = rest .. piece:sub(1, stop)
        rest = piece:sub(stop + 1)
        return mask(lines)
      end
      rest = rest .. piece
      if #rest > LINE_MAX then
        error("a line is too long")
      end
    end
  end
end

return {
  fetch = function(request)
    if not request.body then
      return Response.new("send a text\n", { status = 400 })
    end
    return Response.new(transform(request.body), {
      headers = { ["content-type"] = "text/plain; charset=utf-8" },
    })
  end,
}
