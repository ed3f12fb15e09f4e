-- Names that lead out of the upload find nothing.
-- outcome: held
return { fetch = function()
    for _, name in ipairs {
        "../lib", "/etc/passwd", "..", ".", "", "./", "lib\0", "lib/../../lib",
        "file:///etc/passwd", "lib.so", "_G", "string", "debug", "io", "os",
        "package", ("x"):rep(100000), "\255\254", "worker/../../worker" } do
        local ok, v = pcall(require, name)
        assert(not ok, name)
    end
    for _, name in ipairs { {}, true, print, 1, 0 / 0 } do
        assert(not pcall(require, name))
    end
    assert(not pcall(require))
    return Response.new("held")
end }
-- file: lib.lua
return {}
