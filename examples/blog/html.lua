-- Pages as text. All that comes from the database is escaped here, once.

local html = {}

local names = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

local function escape(text)
  return (text:gsub("[&<>\"']", names))
end

function html.page(title, body)
  return "<!doctype html><html lang=\"en\"><title>" .. escape(title) .. "</title><h1>" .. escape(title)
    .. "</h1>" .. body .. "</html>\n"
end

function html.list(posts)
  local items = {}
  for i, post in ipairs(posts) do
    items[i] = '<li><a href="/posts/' .. post.slug .. '">' .. escape(post.title) .. "</a> "
      .. os.date("!%Y-%m-%d", post.created // 1000)
  end
  return "<ul>" .. table.concat(items) .. "</ul>"
end

function html.post(post, tags)
  local words = {}
  for i, row in ipairs(tags) do
    words[i] = "#" .. escape(row.tag)
  end
  return "<p>" .. escape(post.body):gsub("\n\n+", "<p>") .. "<p>" .. table.concat(words, " ")
end

return html
