-- The largest texts of each kind, complete and cut short, again and again.
-- outcome: cpu or memory
return { fetch = function(request, env, ctx)
    local big = ("x"):rep(2000000)
    while true do
        for _, frame in ipairs{ { "<a>", "</a>" }, { "<a><!--", "--></a>" }, { "<a><![CDATA[", "]]></a>" },
            { "<a b='", "'/>" }, { "<a><?p ", "?></a>" }, { "<!DOCTYPE ", "><a/>" }, { "<a>&#", ";</a>" },
            { "<?xml version='", "'?><a/>" }, { "<a xmlns='", "'/>" } } do
            pcall(xml.decode, frame[1] .. big .. frame[2])
            pcall(xml.decode, frame[1] .. big)
        end
    end
end }
