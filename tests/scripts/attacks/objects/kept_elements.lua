-- Elements, texts and end tags of handlers are kept and used after their time.
-- outcome: held
return { fetch = function(request, env, ctx)
    local late = kept
    kept = {}
    local function use(o)
        for _, m in ipairs { "getAttribute", "setAttribute", "before", "after",
                             "append", "prepend", "replace", "remove",
                             "setInnerContent", "removeAndKeepContent",
                             "attributes", "onEndTag", "hasAttribute" } do
            pcall(function() return o[m](o, "a", "b") end)
            pcall(function() return o[m](o, function() end) end)
        end
        pcall(function() o.tagName = "x" end)
        return pcall(tostring, o), pcall(function() return o.text,
        o.tagName end)
    end
    local rw = HTMLRewriter.new():on("*", {
        element = function(el)
            for _, o in ipairs(kept) do use(o) end
            kept[#kept + 1] = el
            pcall(el.onEndTag, el, function(tag)
                kept[#kept + 1] = tag
                use(el)
            end)
        end,
        text = function(t) kept[#kept + 1] = t end,
        comments = function(c) kept[#kept + 1] = c end }):onDocument {
        doctype = function(d) kept[#kept + 1] = d end,
        ["end"] = function(e) kept[#kept + 1] = e end }
    local html = "<!doctype html><p a=1>x<!-- c --><b>y</b></p>"
    assert(#rw:transform(Response.new(html)):text() > 0)
    for _, o in ipairs(kept) do use(o) end
    for _, o in ipairs(late or {}) do use(o) end
    return Response.new("held")
end }
