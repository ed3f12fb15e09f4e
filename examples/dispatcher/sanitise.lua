-- Pages of customers who may not run scripts in their visitors' browsers.
--
-- What is guaranteed of a page that has passed: it is HTML in UTF-8; it has no
-- elements and attributes but those below; their URLs are http, https, mailto
-- or relative; it has no comments; what was text stays text. (End tags of
-- elements that are not open may stay: they do nothing.) A page that browsers
-- would read in different ways is answered with an error. Other types than HTML
-- pass as they are, but no browser runs scripts in them either.

local function set(names)
  local t = {}
  for name in names:gmatch("%S+") do
    t[name] = true
  end
  return t
end

local ELEMENTS = set([[
  a abbr address article aside b blockquote body br caption cite code col
  colgroup dd del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4
  h5 h6 head header hr html i img ins kbd li main mark nav ol p pre q s samp
  section small span strong sub summary sup table tbody td tfoot th thead time
  title tr u ul var wbr]])

-- Gone with what is inside. Their content is text to a browser, or leads out of
-- HTML: letting it stay without the element would make markup of it.
local GONE = set([[
  applet audio canvas embed frame frameset iframe math noembed noframes noscript
  object option plaintext script select style svg template textarea video xmp]])

local ATTRIBUTES = set([[
  abbr alt cite class colspan datetime dir headers height href id lang open
  rowspan scope span src start title width]])

local URLS = set("cite href src")

local HTML = "http://www.w3.org/1999/xhtml"

-- The value is not decoded: "&" and ":" may only stand where no scheme can be.
local function is_good_url(value)
  value = value:lower():match("^[ \t\r\n\f]*(.*)$")
  return value:find("^https?://") or value:find("^mailto:")
    or not value:match("^[^/?#]*"):find("[:&%c\\]")
end

local function clean_element(element)
  local name = element.tagName
  if GONE[name] or element.namespaceURI ~= HTML then
    element:remove()
    return
  elseif not ELEMENTS[name] then
    element:removeAndKeepContent()
    return
  end
  for attribute, value in element:attributes() do
    if not ATTRIBUTES[attribute] or (URLS[attribute] and not is_good_url(value)) then
      element:removeAttribute(attribute)
    end
  end
end

local rewriter = HTMLRewriter.new()
  :on("*", { element = clean_element })
  :onDocument({
    comments = function(comment)
      comment:remove()
    end,
    -- an unfinished tag at the end is dropped when something follows it
    ["end"] = function(document_end)
      document_end:append("\n")
    end,
  })

-- A doctype before everything: no byte order mark of the page's can come first
-- and change the encoding.
local function with_doctype(body)
  local begun = false
  return function()
    local chunk = body:read()
    if begun then
      return chunk
    end
    begun = true
    return "<!doctype html>\n" .. (chunk or "")
  end
end

return function(response)
  local headers = response.headers
  local kind = (headers:get("content-type") or ""):lower():match("^%s*([^;%s]*)")
  headers:set("content-security-policy", "sandbox allow-popups; script-src 'none'")
  headers:set("x-content-type-options", "nosniff")
  headers:delete("refresh")
  if kind == "" then
    headers:set("content-type", "application/octet-stream")
  end
  if kind ~= "text/html" or not response.body then
    return response
  end
  headers:set("content-type", "text/html; charset=utf-8")
  local cleaned = rewriter:transform(response)
  return Response.new(with_doctype(cleaned.body), cleaned)
end
