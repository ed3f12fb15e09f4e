-- A blog: posts in D1, pages made by a module, one migration a module of SQL.

local html = require("html")
local schema = require("schema.sql")

local is_ready = false -- of this isolate

local function prepare(env)
  if not is_ready then
    env.DB:exec(schema) -- harmless when all is there
    is_ready = true
  end
end

local function page(title, body, status)
  return Response.new(html.page(title, body), {
    status = status or 200,
    headers = { ["Content-Type"] = "text/html; charset=utf-8" },
  })
end

local function list(env)
  local posts = env.DB:prepare(
    "SELECT slug, title, created FROM posts ORDER BY created DESC, id DESC LIMIT 20"):all().results
  return page("Blog", html.list(posts))
end

local function show(env, slug)
  local post = env.DB:prepare("SELECT id, title, body FROM posts WHERE slug = ?"):bind(slug):first()
  if not post then
    return page("Not found", "<p>There is no such post.</p>", 404)
  end
  local tags = env.DB:prepare("SELECT tag FROM tags WHERE post = ? ORDER BY tag"):bind(post.id):all().results
  return page(post.title, html.post(post, tags))
end

local function is_author(request, env)
  local given = request.headers:get("Authorization") or ""
  local wanted = "Bearer " .. env.AUTHOR_TOKEN
  return #given == #wanted and crypto.timingSafeEqual(given, wanted)
end

-- A post and its tags come together, or neither does.
local function write(request, env)
  local ok, post = pcall(request.json, request)
  if not ok or type(post) ~= "table" or type(post.title) ~= "string" or type(post.body) ~= "string" then
    return Response.json({ error = "a post has a title and a body" }, { status = 422 })
  end
  local slug = post.title:lower():gsub("[^%w]+", "-"):gsub("^-+", ""):gsub("-+$", "")
  local statements = {
    env.DB:prepare("INSERT INTO posts (slug, title, body, created) VALUES (?, ?, ?, ?)")
      :bind(slug, post.title, post.body, Date.now()),
  }
  for _, tag in ipairs(type(post.tags) == "table" and post.tags or {}) do
    statements[#statements + 1] = env.DB:prepare(
      "INSERT INTO tags (post, tag) SELECT id, ? FROM posts WHERE slug = ?"):bind(tostring(tag), slug)
  end
  local done, err = pcall(env.DB.batch, env.DB, statements)
  if done then
    return Response.json({ slug = slug }, { status = 201, headers = { Location = "/posts/" .. slug } })
  end
  if err.message:find("UNIQUE", 1, true) then
    return Response.json({ error = "there is a post of this title" }, { status = 409 })
  end
  error(err)
end

return {
  fetch = function(request, env, ctx)
    local path = URL.new(request.url).pathname
    local slug = path:match("^/posts/([%w-]+)$")
    prepare(env)
    if path == "/posts" and request.method == "POST" then
      if not is_author(request, env) then
        return Response.json({ error = "who are you?" }, { status = 401 })
      end
      return write(request, env)
    elseif request.method ~= "GET" and request.method ~= "HEAD" then
      return Response.new(nil, { status = 405, headers = { Allow = "GET, HEAD" } })
    elseif path == "/" then
      return list(env)
    elseif slug then
      return show(env, slug)
    end
    return page("Not found", "<p>There is no such page.</p>", 404)
  end,
}
