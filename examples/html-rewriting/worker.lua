-- Rewrites a page while it streams: links move to this host, images load late,
-- a tracker and comments go, a banner and a placeholder come in. What no
-- handler touches goes out byte by byte as it came.

local OLD = "http://old.example"

-- Where the page comes from: here a part of the upload; fetch(url) does as well.
local function page()
  return Response.new(require("page.html"), {
    headers = { ["content-type"] = "text/html; charset=utf-8" },
  })
end

return {
  fetch = function(request, env)
    local here = URL.new(request.url).origin
    local rewriter = HTMLRewriter.new()
      :on("a[href]", {
        element = function(a)
          local href = a:getAttribute("href")
          if href:sub(1, #OLD) == OLD then
            a:setAttribute("href", here .. href:sub(#OLD + 1))
          end
        end,
      })
      :on("img", {
        element = function(img)
          img:setAttribute("loading", "lazy")
        end,
      })
      :on('script[src*="tracker."]', {
        element = function(script)
          script:remove()
        end,
      })
      :on("body", {
        element = function(body)
          body:prepend("<p class=\"banner\">Free shipping today</p>", { html = true })
          body:append(env.FOOTER or "") -- as text: markup in it is escaped
        end,
      })
      :on("p", {
        -- a text may come in several pieces; the last one is empty
        text = (function()
          local text = ""
          return function(piece)
            text = text .. piece.text
            if piece.lastInTextNode then
              -- it stands as in the page, escaped already
              piece:replace((text:gsub("{{currency}}", "EUR")), { html = true })
              text = ""
            else
              piece:remove()
            end
          end
        end)(),
      })
      :onDocument({
        comments = function(comment)
          comment:remove()
        end,
      })
    return rewriter:transform(page())
  end,
}
