/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_FUZZ_PROGRAM_RULES_H
#define WFP_FUZZ_PROGRAM_RULES_H

/**
 * @file
 * The grammar of fuzz_program: rows that the input chooses among. In a row
 * stand for a choice of:
 *
 *     $e expression   $b block         $f function    $o object of the API
 *     $n variable     $c constant      $s text        $a arguments
 *     $F library      $m method        $p field       $v metatable's event
 *     $u unary        $x operator      $q selector    $l source for load
 *     $A algorithm    $L class         $i small number  $t call of a method
 *
 * The globals h r u p m w x k hold an object of a class each, q the request.
 */

#define ROWS static const char *const

/* clang-format off */

ROWS rule_names[] = {
    "a", "b", "c", "d", "e", "G", "h", "r", "u", "p",
};

ROWS rule_constants[] = {
    "nil", "true", "false", "0", "1", "-1", "3", "0.5", "-0.0", "1e308", "0/0",
    "1/0", "math.maxinteger", "math.mininteger", "100000", "2^53",
    "('x'):rep(300)", "('ab'):rep(20000)", "{}", "{ 1, 2, 3, n = 4 }", "print",
    "string.rep", "coroutine.yield", "request", "env", "ctx", "json.null",
    "request.headers", "request.body", "request.signal", "ctx.props",
    "env.GREETING", "env.SETTINGS", "env.DISPATCHER", "env.SVC", "env.VERSION",
    "_G", "string", "function(...) return ... end",
    "function(x) return coroutine.yield(x) end", "lib",
    "table.unpack({}, 1, 200)",
};

ROWS rule_texts[] = {
    "''", "'a'", "'%d+'", "'(a-)%1'", "'%s%q'", "'<i8z'", "'!16 s4 Xi8'",
    "'%f[%w]%b()'", "'return ...'", "'\\0\\255'", "'x\\r\\ny'",
    "'\\u{10FFFF}\\u{D800}'", "'http://a.example/x?y=1&z#h'",
    "'//[::1]:80/../a b'", "'customer-a'", "'GET'", "'Set-Cookie'",
    "'content-type'", "'application/json'", "'multipart/form-data; boundary=b'",
    ("'--b\\r\\nContent-Disposition: form-data; name=\"a\"; "
     "filename=\"f\"\\r\\n\\r\\nx\\r\\n--b--\\r\\n'"),
    "'a=1&b=%41+c'", "'{\"a\":[1,2,{\"b\":null}],\"c\":\"\\\\ud83d\"}'",
    "'[[[[1e400, -0, 12345678901234567890]]]]'",
    "'<a x=\"1\"><b>t</b><!-- c --><c/></a>'",
    ("'<!doctype html><p class=a id=b>one<br>two<!-- c "
     "--></p><script>x</script>'"),
    "'<p><div><p></b><a href=x'", "'%a, %d %b %Y %H:%M:%S'", "'!*t'",
    "('<p>x'):rep(500)", "('a&amp;'):rep(50)", "'base64url'", "('k'):rep(32)",
};

ROWS rule_functions[] = {
    "string.find", "string.match", "string.gsub", "string.gmatch",
    "string.format", "string.pack", "string.unpack", "string.packsize",
    "string.rep", "string.byte", "string.char", "string.sub", "string.reverse",
    "string.upper", "string.len", "table.concat", "table.insert",
    "table.remove", "table.move", "table.sort", "table.unpack", "table.pack",
    "utf8.char", "utf8.codepoint", "utf8.len", "utf8.offset", "utf8.codes",
    "math.floor", "math.random", "math.tointeger", "math.fmod", "math.ult",
    "tostring", "tonumber", "select", "next", "pairs", "ipairs", "rawget",
    "rawset", "rawlen", "rawequal", "type", "setmetatable", "getmetatable",
    "pcall", "xpcall", "error", "assert", "load", "require", "collectgarbage",
    "debug.traceback", "coroutine.create", "coroutine.resume", "coroutine.wrap",
    "coroutine.yield", "coroutine.status", "coroutine.isyieldable",
    "coroutine.running", "os.date", "os.time", "Date.now", "json.encode",
    "json.decode", "json.array", "xml.decode", "xml.encode", "URL.canParse",
    "Response.json", "Response.redirect", "Response.error",
    "AbortSignal.timeout", "crypto.randomUUID", "crypto.getRandomValues",
    "crypto.timingSafeEqual", "crypto.subtle.digest", "crypto.subtle.importKey",
    "crypto.subtle.sign", "crypto.subtle.verify", "crypto.subtle.encrypt",
    "crypto.subtle.decrypt", "crypto.subtle.deriveBits", "btoa", "atob",
    "encodeURIComponent", "decodeURIComponent", "hex.encode", "hex.decode",
    "base64url.encode", "base64url.decode", "fetch", "parallel", "console.log",
    "print",
};

ROWS rule_classes[] = {
    "Headers", "Request", "Response", "URL", "URLSearchParams", "FormData",
    "AbortController", "HTMLRewriter",
};

ROWS rule_methods[] = {
    "get", "getAll", "getSetCookie", "has", "set", "append", "delete",
    "entries", "keys", "values", "sort", "toString", "toJSON", "text", "json",
    "bytes", "arrayBuffer", "formData", "clone", "read", "chunks", "tee",
    "cancel", "fetch", "call", "abort", "on", "onDocument", "transform",
    "getAttribute", "setAttribute", "removeAttribute", "attributes", "before",
    "after", "prepend", "replace", "setInnerContent", "remove",
    "removeAndKeepContent", "onEndTag", "waitUntil", "passThroughOnException",
    "rep", "gsub", "format",
};

ROWS rule_fields[] = {
    "body", "headers", "url", "method", "status", "statusText", "ok",
    "bodyUsed", "redirect", "cf", "signal", "aborted", "reason", "searchParams",
    "href", "host", "hash", "search", "port", "pathname", "size", "name",
    "message", "code", "stack", "limit", "props", "text", "tagName", "n",
    "__index", "lastInTextNode",
};

ROWS rule_operators[] = {
    "+", "-", "*", "//", "%", "/", "^", "&", "|", "<<", ">>", "~", "..", "==",
    "<", "<=", "and", "or", "..", "~=",
};

ROWS rule_unaries[] = {
    "-", "#", "not ", "~",
};

ROWS rule_events[] = {
    "__index", "__newindex", "__call", "__len", "__eq", "__lt", "__le", "__add",
    "__unm", "__close", "__pairs", "__tostring", "__name", "__gc", "__mode",
    "__concat", "__metatable", "__idiv",
};

ROWS rule_algorithms[] = {
    "'SHA-256'", "'MD5'", "'Ed25519'", "{ name = 'HMAC', hash = 'SHA-256' }",
    "{ name = 'AES-GCM', iv = ('i'):rep(12) }",
    "{ name = 'AES-CBC', iv = ('i'):rep(16) }",
    "{ name = 'PBKDF2', hash = 'SHA-1', salt = $s, iterations = $i }",
    "{ name = 'HKDF', hash = 'SHA-512', salt = $s, info = $s }",
    "{ name = 'ECDSA', namedCurve = 'P-256', hash = 'SHA-256' }",
    "{ name = 'RSASSA-PKCS1-v1_5', hash = 'SHA-256' }",
    "{ name = $e, iv = $e, tagLength = $i, additionalData = $s }",
};

ROWS rule_selectors[] = {
    "'*'", "'p'", "'p.a'", "'#b'", "'div > p'", "'a[href^=x]'", "'p b'",
    "'p:nth-child(2n+1)'", "':not(p)'", "'[class~=a]'", "'script, br'", "$s",
};

ROWS rule_numbers[] = {
    "0", "1", "2", "7", "16", "200", "1000", "-3",
};

ROWS rule_calls[] = {
    "$F($a)", "$F($a)", "$F($a)", "$n($a)", "$n:$m($a)", "$L.new($a)",
    "pcall($F, $a)", "select(-1, pcall($f))", "$F($s, $a)",
};

ROWS rule_objects[] = {
    "Headers.new({ a = $e, ['x-b'] = $e })", "Headers.new($e)",
    "Request.new($s, { method = $s, body = $e, headers = $e })",
    "Request.new('http://a.example/', { method = 'POST', body = $e })",
    "Request.new(request, $e)",
    "Response.new($e, { status = $e, statusText = $s, headers = $e })",
    "Response.new($s, { headers = { ['content-type'] = $s } })",
    "Response.new(function() $b return $e end)", "Response.new($o.body, $o)",
    "Response.new($e)", "Response.json($e)", "URL.new($s, $s)",
    "URL.new('http://u:p@a.example:8/x?y=1').searchParams",
    "URLSearchParams.new($e)", "FormData.new()", "AbortController.new()",
    "AbortSignal.timeout($i)",
    "HTMLRewriter.new():on($q, { element = $f, text = $f, comments = $f })",
    ("HTMLRewriter.new():on($q, { element = $f }):on($q, { text = $f "
     "}):transform(Response.new($s))"),
    ("HTMLRewriter.new():onDocument({ doctype = $f, comments = $f, text = "
     "$f, ['end'] = $f }):transform($o)"),
    ("crypto.subtle.importKey('raw', $s, $A, true, { 'sign', 'verify', "
     "'encrypt', 'decrypt', 'deriveBits' })"),
    "crypto.subtle.sign($A, $n, $s)", "crypto.subtle.encrypt($A, $n, $s)",
    "crypto.subtle.decrypt($A, $n, $n)", "crypto.subtle.deriveBits($A, $n, $i)",
    "crypto.subtle.digest($A, $e)", "xml.decode($s)", "json.decode($s)",
    "json.array({ $e, $e })",
    "env.DISPATCHER:get($s, $e, { limits = { cpuMs = $i } })",
    "env.DISPATCHER:get($s, $e):fetch($o)",
    "env.DISPATCHER:get('customer-a'):fetch(request)", "env.SVC:fetch($o)",
    "env.SVC:call($a)",
    "fetch($s, { method = 'POST', body = $e, signal = $e })",
    "coroutine.create($f)", "coroutine.wrap($f)",
    "setmetatable($e, { $v = $f, $v = $e })",
    "setmetatable({}, { __index = $f, __call = $f, __tostring = $f })",
    "request:clone()", "$o:clone()", "$o:tee()", "$o.headers", "$o.body",
    "string.gmatch($s, $s)", "lib($a)",
};

ROWS rule_typed[] = {
    "h:get($s)", "h:append($s, $s)", "h:set('x-' .. $i, $s)", "h:set($s, $e)",
    "h:delete($s)", "h:has($e)", "h:getSetCookie()", "h:entries()", "q:text()",
    "q:json()", "q:formData()", "q:clone()", "q.body:read($i)",
    "q.headers:get($s)", "r:text()", "r:json()", "r:bytes()", "r:formData()",
    "r:clone()", "r.headers:append($s, $s)", "r.body:read($i)", "r.body:tee()",
    "r.body:cancel()", "u.searchParams:append($s, $s)", "u:toString()",
    "p:append($s, $s)", "p:delete($s)", "p:sort()", "p:toString()",
    "p:getAll($s)", "p:set($s, $e)", "m:append($s, $s)",
    "m:set($s, { name = $s, type = $s, data = $s })", "m:get($s):text()",
    "m:entries()", "w:on($q, { element = $f, comments = $f })",
    ("w:on($q, { element = function(el) el:setAttribute($s, $s) "
     "el:before($s, { html = true }); $b end, text = function(t) "
     "t:replace($s); $b end })"),
    ("w:on($q, { element = function(el) b = el el:onEndTag($f) "
     "el:setInnerContent($s); $b el:remove() end })"),
    "w:transform(Response.new($s)):text()", "w:transform(r)", "x:abort($e)",
    "x.signal.reason", "crypto.subtle.sign($A, k, $s)",
    "crypto.subtle.verify($A, k, $s, $s)", "crypto.subtle.encrypt($A, k, $s)",
    "crypto.subtle.decrypt($A, k, crypto.subtle.encrypt($A, k, $s))",
    "crypto.subtle.deriveBits($A, k, $i)", "json.encode({ a = $e, $e })",
    "json.decode(json.encode($e))", "xml.encode(xml.decode($s))",
    "xml.encode({ name = $s, attrs = { a = $e }, $e, { name = 'b', $e } })",
    "console.log($a)", "fetch(q, { body = $s, signal = x.signal })",
    "env.SVC:call({ a = $e }, $e)",
    "string.format($s .. '%5.1f|%-10s|%q', $i, $e, $e)",
    "('x'):rep($i):gsub($s, { x = $e })", "table.concat({ $s, $i, $e }, $s)",
    "table.move({ 1, 2, 3 }, $i, $i, $i, $e)",
    "table.unpack({ 1, 2, 3 }, $i, $i)",
    "string.unpack($s, string.pack('<s4i8z', $s, $i, 'x'), $i)",
    "utf8.codepoint($s, $i, $i, true)",
};

ROWS rule_expressions[] = {
    "$n", "$n", "$n", "$c", "$c", "$s", "$s", "$i", "($e $x $e)", "($e $x $e)",
    "($u$e)", "{ $a }", "{ $v = $e, $e }", "{ $p = $e, $p = $e }", "$f", "$f",
    "$n[$e]", "$n.$p", "($e).$p", "$o", "$o", "$o", "$o", "($o):$m($a)",
    "$n:$m($a)", "$C", "$C", "$C", "load($l, '=g', 't', _ENV)", "$t", "$t",
    "$t", "$t", "($e)[$e]",
};

ROWS rule_bodies[] = {
    "function(a, b, ...) $b return a end",
    "function(...) local d = ...; $b return $e, ... end",
    "function(x) local y = coroutine.yield(x); $b return y end",
    "function(el) el:$m($a); $b end", "function() $b return $o end",
    "function(a, b) return $e end", "$F", "$n",
};

ROWS rule_statements[] = {
    "$n = $t", "a = $t", "b = $t", "pcall(function() d = $t b = $t end)",
    "q = $o", "r = $o", "r = Response.new($s, { headers = h })",
    "r = Response.new(function() $b return $s end)", "h = Headers.new($e)",
    "u = URL.new($s, 'http://a.example/')", "u.$p = $s", "p = u.searchParams",
    ("k = crypto.subtle.importKey('raw', ('k'):rep($i), $A, true, { 'sign', "
     "'verify', 'encrypt', 'decrypt', 'deriveBits' })"),
    "$n = $e", "$n = $e", "$n = $o", "$n = $o", "$n[$e] = $e", "$n.$p = $e",
    "$n, $n = $C", "if $e then $b else $b end", "while $e do $b end",
    "repeat $b until $e", "for i = $e, $e do a = i; $b end",
    "for i = $e, $e, $e do b = i; $b end", "for k, v in $e do b = v; $b end",
    "for k, v in pairs($e) do b, d = k, v; $b end",
    "for x in ($o).body:chunks() do e = x; $b end",
    "for x, y in ($o):entries() do a, b = x, y; $b end",
    "do local x <close> = $e; $b end",
    "do local x <close> = setmetatable({}, { __close = $f }); $b end",
    "pcall(function() goto x; $b ::x:: end)",
    "pcall(function() ::x:: $b if $e then goto x end end)",
    "local function r(x) $b return r(x) end pcall(r, $e)",
    "c = setmetatable($e, d)", "d = coroutine.wrap($f)",
    "b = { pcall(coroutine.resume, $n, $e) }", "e = $C",
    "local ok, err = pcall($f) e = err",
    "local ok, err = xpcall($f, $f, $e) e = err", "error($e, $i)",
    "pcall(error, $o)", "ctx:waitUntil($f, $e)", "ctx:passThroughOnException()",
    "a, b, c = parallel($f, $f, $f)",
    "pcall(parallel, $f, function() scheduler.wait(1); $b end)",
    "scheduler.wait($i)", "b = ($s):gsub($s, $f)", "table.sort($e, $f)",
    "d = ($o):$m($a)", "($o).$p = $e", "_ENV.$n = $e", "string.format = $f",
    "do local _ENV = $e; $b end", "do return $e end", "do return $o end",
};

/* clang-format on */

#endif
