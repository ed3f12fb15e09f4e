-- Objects of handlers used after their time, in other turns.
-- outcome: held
return { fetch = function(request, env, ctx)
    local kept, bad = {}, nil
    local function use(o)
        for _, f in ipairs({
            function() return o.text end, function() return o.tagName end,
            function() o:before("ESCAPED") end, function() o:remove() end,
            function() o:setAttribute("a", "b") end, function() o.text = "ESCAPED" end,
            function() return o:attributes() end, function() o:append("ESCAPED") end,
            function() o.tagName = "x" end, function() return o.name end,
            function() return o:onEndTag(print) end, function() return o.removed end,
        }) do
            -- a field that another class has is nil
        local ok, got = pcall(f)
        if ok and got ~= nil then bad = "ESCAPED" end
        end
    end
    local function keep(o)
        for _, old in ipairs(kept) do use(old) end
        if #kept < 10 then kept[#kept + 1] = o end
    end
    local rw = HTMLRewriter.new():on("*", {
        element = function(el)
            local iterator = el:attributes()
            keep(el)
            pcall(el.onEndTag, el, keep)
            kept.iterator = iterator
        end,
        text = keep, comments = keep,
    }):onDocument({ doctype = keep, ["end"] = keep })
    local page = "<!doctype html><a b=c>x<!-- y --><i></i></a><br>"
    local text = rw:transform(Response.new(page)):text()
    for _, old in ipairs(kept) do use(old) end
    kept.iterator()
    return Response.new(bad or (text == page and "held" or "ESCAPED " .. text))
end }
