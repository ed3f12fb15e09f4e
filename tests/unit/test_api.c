/* SPDX-License-Identifier: Apache-2.0 */
/* The classes of the Worker API, as scripts see them. */
#include "tests/unit/wfp_test.h"

#include "tests/unit/api_state.h"

static void headers_are_case_insensitive_and_joined(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("local h = Headers.new{A='1'} h:append('a', '2') return h:get('A')",
        "1, 2");
    RUN("local h = Headers({{'B','x'},{'b','y'}}) h:set('B','z') return "
        "h:get('b')",
        "z");
    RUN("local h = Headers.new{['Set-Cookie']={'a','b'}, x=1} local o = '' "
        "for k, v in pairs(h) do o = o .. k .. '=' .. v .. ';' end return o",
        "set-cookie=a;set-cookie=b;x=1;");
    RUN("local h = Headers.new{['Set-Cookie']={'a','b'}} return "
        "h:get('set-cookie') .. #h:getSetCookie()",
        "a, b2");
    RUN("local h = Headers.new{a='1'} h:delete('A') return h:get('a')", "nil");
    RUN("local h = Headers.new() return h:has('x')", "false");
    RUN("return request.headers:get('HOST')", "example.com");
    RUN("return request.headers:get('x-many')", "1, 2");
    RUN("local o = '' for k in request.headers:keys() do o = o .. k .. ' ' "
        "end return o",
        "host x-many ");
    lua_close(L);
}

static void headers_refuse_what_is_no_header(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("return Headers.new{['a b']='1'}", "TypeError: Invalid header name");
    RUN("return Headers.new{a='1\\r\\nx: y'}",
        "TypeError: Invalid header value");
    RUN("return Headers.new{a='1\\0'}", "TypeError: Invalid header value");
    RUN("return Headers.new{a='1\\n'}", "TypeError: Invalid header value");
    RUN("return Headers.new{a=' 1\\t '}:get('a')", "1");
    RUN("request.headers:set('a', 'b')",
        "TypeError: Can't modify immutable headers");
    RUN("return Headers.new{a={}}:get('a')", "nil");
    RUN("return Headers.new(7)",
        "TypeError: headers must be a table or Headers, got number");
    RUN("return Headers.get({}, 'x')", "t:1: attempt to call a nil value "
                                       "(field 'get')");
    RUN("return Headers.new().get('x', 'y')",
        "TypeError: Headers expected, got string (call methods with a colon)");
    lua_close(L);
}

/* What a message was made with becomes Headers when it is asked for. */
static void headers_of_a_table_are_made_late(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("local r = Response.new('x', {headers={A=' 1\t', b='2'}}) "
        "for i = 1, 9999 do local x = {} end local h = r.headers r = nil for i = 1, 9999 do local x = {} end "
        "local o = '' for k, v in pairs(h) do o = o .. k .. '=' .. v .. ';' "
        "end return o",
        "a=1;b=2;content-type=text/plain;charset=UTF-8;");
    RUN("local r = Response.new('x', {headers={['Content-Type']='t/u'}}) "
        "return r.headers:get('content-type')",
        "t/u");
    RUN("local r = Response.new('x', {headers={a='1'}}) local h = r.headers "
        "h:set('a', '2') h:append('A', '3') return r.headers:get('a') .. "
        "tostring(h == r.headers)",
        "2, 3true");
    RUN("local r = Response.new('x', {headers={a='1'}}) local h = "
        "Headers.new(r.headers) r.headers:set('a', '2') r = nil "
        "for i = 1, 9999 do local x = {} end return h:get('a')",
        "1");
    RUN("local r = Response.new('x', {headers={a='1'}}) local s = "
        "Response.new('y', r) r.headers:set('a', '2') r = nil "
        "for i = 1, 9999 do local x = {} end return s.headers:get('a')",
        "1");
    RUN("local r = Response.new('x', {headers={a='1'}}) local s = r:clone() "
        "s.headers:delete('a') return r.headers:get('a') .. "
        "tostring(s.headers:get('a'))",
        "1nil");
    RUN("local r = Request.new('http://a.b/', {headers={X='1'}}) local s = "
        "Request.new(r, {method='PUT'}) r.headers:set('x', '2') return "
        "s.headers:get('x') .. s.method",
        "1PUT");
    RUN("local t = {['X-A']='1', ['x-a']='2'} local v = Response.new('x', "
        "{headers=t}).headers:get('x-a') return v == '1, 2' or v == '2, 1'",
        "true");
    RUN("local t = {} for i = 1, 40 do t['h' .. i] = tostring(i) end local h = "
        "Response.new('x', {headers=t}).headers return h:get('H40') .. "
        "h:get('h1')",
        "401");
    RUN("local t = {} for i = 1, 16 do t['h' .. i] = tostring(i) end local h = "
        "Response.new('x', {headers=t}).headers return h:get('h16') .. "
        "h:get('content-type')",
        "16text/plain;charset=UTF-8");
    RUN("return Response.new('x', {headers={n=5}}).headers:get('n')", "5");
    RUN("Response.new('x', {headers={['a b']='1'}})",
        "TypeError: Invalid header name");
    RUN("Response.new('x', {headers={a='1\\n'}})",
        "TypeError: Invalid header value");
    RUN("kept = Response.new('x', {headers={a='1'}}).headers return 1", "1");
    api_state.generation = 2;
    RUN("return kept:get('a')", "1");
    api_state.generation = 1;
    lua_close(L);
}

static void response_reads_its_init(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("local r = Response.new('hi') return r.status .. r.statusText .. "
        "tostring(r.ok) .. r.headers:get('content-type') .. r:text()",
        "200truetext/plain;charset=UTF-8hi");
    RUN("local r = Response('x', {status=404, statusText='Gone away', "
        "headers={['Content-Type']='a/b'}}) return r.status .. r.statusText "
        ".. r.headers:get('content-type')",
        "404Gone awaya/b");
    RUN("return Response.new('x', {status=99})",
        "RangeError: Responses must have a status from 200 to 599");
    RUN("return Response.new(nil, {status=101})",
        "RangeError: Responses with status 101 need an upgraded connection");
    RUN("return Response.new('x', {status=204})",
        "TypeError: Response with null body status cannot have body");
    RUN("return Response.new(nil, {status='x'})",
        "TypeError: status must be a whole number");
    RUN("local r = Response.json({a=1}) return r.headers:get('content-type') "
        ".. r:text()",
        "application/json{\"a\":1}");
    RUN("local r = Response.redirect('http://a.example/x') return r.status .. "
        "r.headers:get('location')",
        "302http://a.example/x");
    RUN("return Response.redirect('http://a.example/x', 200)",
        "RangeError: Invalid redirect status: 301, 302, 303, 307 or 308");
    RUN("local r = Response.new('x') r.status = 3",
        "TypeError: Cannot assign to read only property 'status'");
    RUN("local r = Response.new('x', Response.new('y', {status=201, "
        "headers={a='b'}})) return r.status .. r.headers:get('a')",
        "201b");
    lua_close(L);
}

static void body_is_read_once(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("local r = Response.new('x') r:text() return r:text()",
        "TypeError: Body has already been used");
    RUN("return request:text() .. tostring(request.bodyUsed)", "the bodytrue");
    RUN("return request:text()", "TypeError: Body has already been used");
    RUN("local r = Response.new('abcdef') local o = {} repeat local c = "
        "r.body:read(4) o[#o+1] = tostring(c) until not c return "
        "table.concat(o, ',')",
        "abcd,ef,nil");
    RUN("local n = 0 local r = Response.new(function() n = n + 1 if n < 4 "
        "then return 'c' .. n end end) local o = '' for c in r.body:chunks() "
        "do o = o .. c end return o",
        "c1c2c3");
    RUN("local n = 0 return Response.new(function() n = n + 1 if n < 4 then "
        "return 'c' .. n end end):text()",
        "c1c2c3");
    RUN("local a, b = Response.new('xy').body:tee() return a:read() .. "
        "b:read()",
        "xyxy");
    RUN("local r = Response.new('xy') local c = r:clone() return r:text() .. "
        "c:text()",
        "xyxy");
    RUN("local r = Response.new('xy') r.body:cancel() return "
        "tostring(r.body:read()) .. tostring(r.bodyUsed)",
        "niltrue");
    RUN("return Response.new(Response.new('q').body):text()", "q");
    RUN("return tostring(Response.new().body)", "nil");
    RUN("return Response.new({})",
        "TypeError: body must be nil, a string, a body, a function, "
        "FormData or URLSearchParams, got table "
        "(Response.json and json.encode make JSON)");
    lua_close(L);
}

static void body_larger_than_memory_is_an_error(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    api_state.free_bytes = 4;
    RUN("local ok, e = pcall(request.text, request) return e.code",
        "body_too_large");
    lua_close(L);
}

static void request_is_made_of_its_input(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("return request.method .. request.url .. request.redirect .. "
        "tostring(request.cf)",
        "POSThttps://example.com/a?b=cmanualnil");
    api_state.trusted = 1;
    RUN("return request.cf.clientIp", "192.0.2.1");
    RUN("request.cf.x = 1",
        "TypeError: Cannot assign to read only property 'x'");
    RUN("local r = Request.new('http://A.example', {method='post', body='x', "
        "headers={a='b'}}) return r.method .. ' ' .. r.url .. ' ' .. "
        "r.headers:get('a') .. r:text()",
        "POST http://a.example/ bx");
    RUN("return Request.new('http://a/', {body='x'})",
        "TypeError: Request with a GET or HEAD method cannot have a body.");
    RUN("return Request.new('nonsense')", "TypeError: Invalid URL: nonsense");
    RUN("return Request.new('http://a/', {redirect='maybe'})",
        "TypeError: redirect must be follow, manual or error");
    RUN("local r = Request.new(request, {headers={x='y'}}) return r.method .. "
        "r.headers:get('x') .. tostring(r.headers:get('host')) .. r:text()",
        "POSTynilthe body");
    RUN("local r = Request.new(request) r.headers:set('q', '1') return "
        "r.headers:get('q') .. tostring(request.headers:get('q'))",
        "TypeError: Body has already been used");
    RUN("local a = Request.new('http://a/', {method='PUT', body='x'}) local b "
        "= Request.new(Request.new('http://b/'), a) return b.url .. b.method "
        ".. b:text()",
        "http://b/PUTx");
    RUN("return Request.new(Request.new('http://a/', {method='PUT', body='x'})"
        ", {method='get'})",
        "TypeError: Request with a GET or HEAD method cannot have a body.");
    RUN("local r = Request.new('http://b.example/', {method='PUT'}) local c = "
        "Request.new(r) c.headers:set('q', '1') return c.method .. "
        "c.headers:get('q') .. tostring(r.headers:get('q'))",
        "PUT1nil");
    lua_close(L);
}

static void fetch_gives_a_response(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("local r = fetch('http://a.example/x') return r.status .. r.url .. "
        "tostring(r.redirected) .. r:text()",
        "203http://a.example/xtrueempty");
    RUN("local r = fetch(request) r.headers:set('x', 'y') return "
        "r.headers:get('x') .. r.headers:get('set-cookie') .. r:text() .. "
        "tostring(request.bodyUsed)",
        "ya=1, b=2the bodytrue");
    CHECK_STR(api_state.seen->url, "https://example.com/a?b=c");
    RUN("fetch(request)", "TypeError: Body has already been used");
    RUN("local r = fetch('http://a.example/', {method='POST', body='hello', "
        "headers={A='b'}}) return r:text()",
        "hello");
    CHECK_STR(wfp_headers_get(api_state.seen->headers, "a"), "b");
    CHECK_STR(wfp_headers_get(api_state.seen->headers, "content-type"),
              "text/plain;charset=UTF-8");
    RUN("local ok, e = pcall(fetch, 'http://blocked/') return e.name .. "
        "e.code .. e.message .. tostring(e)",
        "Erroregress_blockedno: blockedError: no: blocked");
    RUN("fetch(7)", "TypeError: Invalid URL: 7");
    CHECK_INT(api_state.critical, 0);
    lua_close(L);
}

static void dispatch_checks_at_fetch(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("local r = env.DISPATCHER:get('cust', {a=1}, {limits={cpuMs=10, "
        "subRequests=2}, outbound={id='7', o={1}}}):fetch(request) return "
        "r.status",
        "203");
    CHECK_STR(api_state.what.name, "cust");
    CHECK_STR(strchr(api_state.what.props, ';'), ";Ti1;s1:aE");
    CHECK_INT(api_state.what.limits.v[WFP_LIMIT_CPU_MS], 10);
    CHECK_INT(api_state.what.limits.v[WFP_LIMIT_SUBREQUESTS], 2);
    CHECK_INT(api_state.what.limits.v[WFP_LIMIT_WALL_MS], WFP_LIMIT_UNSET);
    CHECK_INT(api_state.what.params->nelts, 2);
    RUN("local f = env.DISPATCHER:get('c', nil, {limits={cpums=10}}) return "
        "f:fetch('http://a/')",
        "TypeError: Unknown limit 'cpums'");
    RUN("env.DISPATCHER:get('c', nil, {limits={cpuMs=0}}):fetch('http://a/')",
        "TypeError: limit cpuMs must be a whole number from 1 to 30000");
    RUN("env.DISPATCHER:get('c', nil, "
        "{limits={cpuMs=1.5}}):fetch('http://a/')",
        "TypeError: limit cpuMs must be a whole number from 1 to 30000");
    RUN("local ok, e = pcall(function() env.DISPATCHER:get('a\\0b')"
        ":fetch('http://a/') end) return e.code .. e.message",
        "worker_not_foundWorker not found");
    RUN("local ok, e = pcall(function() env.DISPATCHER:get('slow')"
        ":fetch('http://a/') end) return e.name .. e.code .. e.limit .. "
        "e.allowed .. e.used .. e.worker .. e.namespace",
        "LimitErrorcpu_limitcpu_ms5051slowproduction");
    RUN("return env.SVC:fetch('http://a/').status", "203");
    RUN("return json.encode{env.SVC:add(1, 'x', json.null, {2})}",
        "[1,\"x\",null,[2]]");
    RUN("return tostring((env.SVC:nothing()))", "nil");
    RUN("return env.SVC:add(print)",
        "TypeError: add: argument 1: a function cannot be passed to another "
        "Worker");
    lua_close(L);
}

/* Each as it went in. */
static void plain_values_are_copied(wfp_test_t *t)
{
    static const char *const same[] = {
        "nil",
        "true",
        "false",
        "0",
        "-1",
        "math.mininteger",
        "math.maxinteger",
        "0.1",
        "1e300",
        "-0.0",
        "3.0",
        "1/0",
        "-1/0",
        "''",
        "'abc'",
        "'\\0\\1\\2\\255'",
        "('\\0\\1;E'):rep(1000)",
        "json.null",
        NULL,
    };
    lua_State *L = api_state_new(t->pool);
    int i;

    for (i = 0; same[i]; i++) {
        RUN(apr_psprintf(t->pool,
                         "local v = %s local c, n = env.SVC:f(v, 5) return "
                         "tostring(rawequal(c, v) and math.type(c) == "
                         "math.type(v) and n == 5)",
                         same[i]),
            "true");
    }
    RUN("local c = env.SVC:f(0/0) return tostring(c ~= c)", "true");
    RUN("return 1 / env.SVC:f(-0.0)", "-inf");
    RUN("local v = {1, nil, 3, x={y={}}, [2.5]='f', [true]=false, ['\\0']=1} "
        "local c = env.SVC:f(v) return tostring(c[1] == 1 and c[2] == nil and "
        "c[3] == 3 and next(c.x.y) == nil and c[2.5] == 'f' and c[true] == "
        "false and c['\\0'] == 1 and c ~= v)",
        "true");
    RUN("return json.encode{env.SVC:f(json.array{}, {})}", "[[],{}]");
    RUN("return env.SVC:f(ctx.props).plan", "free");
    RUN("local s = {1} local c = env.SVC:f({s, s}) return tostring(c[1] ~= "
        "c[2])",
        "true");
    RUN("return select('#', env.SVC:f(nil, nil)) .. tostring((env.SVC:nothing()))",
        "2nil");
    lua_close(L);
}

static void other_values_are_refused(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("env.SVC:f(1, {{print}})",
        "TypeError: f: argument 2: a function cannot be passed to another "
        "Worker");
    RUN("env.SVC:f({[function() end]=1})",
        "TypeError: f: argument 1: a function cannot be passed to another "
        "Worker");
    RUN("env.SVC:f(coroutine.create(print))",
        "TypeError: f: argument 1: a coroutine cannot be passed to another "
        "Worker");
    RUN("env.SVC:f(request)",
        "TypeError: f: argument 1: userdata cannot be passed to another Worker");
    RUN("local t = {} t.a = {t} env.SVC:f(t)",
        "TypeError: f: argument 1: a cycle cannot be passed to another Worker");
    RUN("local t = 1 for i = 1, 200 do t = {t} end return type(env.SVC:f(t))",
        "table");
    RUN("local t = 1 for i = 1, 201 do t = {t} end env.SVC:f(t)",
        "TypeError: f: argument 1: a table nested deeper than 200 cannot be "
        "passed to another Worker");
    RUN("env.SVC:f(('x'):rep(5000000))",
        "RangeError: f: argument 1: values of more than 4 MB cannot be passed "
        "to another Worker");
    RUN("local t = {} for i = 1, 30 do t = {t, t} end env.SVC:f(t)",
        "RangeError: f: argument 1: values of more than 4 MB cannot be passed "
        "to another Worker");
    RUN("env.DISPATCHER:get('c', {print}):fetch('http://a/')",
        "TypeError: args: a function cannot be passed to another Worker");
    lua_close(L);
}

static void env_and_ctx_are_read_only(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("return env.GREETING .. env.SETTINGS.a[2]", "hello2");
    RUN("return env.SETTINGS.a[3].b == json.null", "true");
    RUN("env.X = 1", "TypeError: Cannot assign to read only property 'X'");
    RUN("return tostring(env.NOTHING)", "nil");
    RUN("return env.VERSION.id .. env.VERSION.tag .. env.VERSION.timestamp",
        "5f0f2a3ev11970-01-01T00:00:00.000Z");
    RUN("local n = 0 for k in pairs(env) do n = n + 1 end return n", "5");
    RUN("return ctx.props.plan .. #ctx.props.list .. json.encode(ctx.props."
        "list)",
        "free2[1,2]");
    RUN("ctx.props.plan = 'x'",
        "TypeError: Cannot assign to read only property 'plan'");
    RUN("ctx:waitUntil(function() end, 1, 2) return 'ok'", "ok");
    CHECK_INT(api_state.queued, 1);
    RUN("ctx:waitUntil(1)",
        "TypeError: waitUntil wants a function and its arguments, got number "
        "(a call waits where it stands)");
    RUN("ctx:passThroughOnException() return 'ok'", "ok");
    CHECK_INT(api_state.queued, 101);
    lua_close(L);
}

static void outbound_parameters_lie_over_env(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);
    wfp_param_t a = { "GREETING", "param" }, b = { "NONE", NULL };

    api_state.params = apr_array_make(t->pool, 2, sizeof(wfp_param_t));
    APR_ARRAY_PUSH(api_state.params, wfp_param_t) = a;
    APR_ARRAY_PUSH(api_state.params, wfp_param_t) = b;
    lua_getglobal(L, "env");
    wfp_api_push_env_with_params(L, -1);
    lua_setglobal(L, "env2");
    RUN("return env2.GREETING .. env2.SETTINGS.a[1] .. tostring(env2.NONE) .. "
        "env.GREETING",
        "param1nilhello");
    lua_close(L);
}

static void objects_stay_in_their_request(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("made = Response.new('x') h = request.headers return 1", "1");
    api_state.generation = 0;
    RUN("fetch('http://a/')",
        "Error: Disallowed operation called within global scope");
    RUN("return crypto.randomUUID()",
        "Error: Disallowed operation called within global scope");
    RUN("top = Response.new('top') return URL.new('http://a/').host", "a");
    api_state.generation = 2;
    RUN("return request.url",
        "Error: Cannot perform I/O on behalf of a different request");
    RUN("return made:text()",
        "Error: Cannot perform I/O on behalf of a different request");
    RUN("return h:get('x')",
        "Error: Cannot perform I/O on behalf of a different request");
    RUN("return ctx.props",
        "Error: Cannot perform I/O on behalf of a different request");
    RUN("return top:text()", "top");
    lua_close(L);
}

static void console_writes_lines(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);

    RUN("console.log('a', 1, true, nil, {1, 2}, {x={}}) print('p') "
        "console.error(json.null, ctx.props.list) return 1",
        "1");
    CHECK_STR(api_state.log,
              "2:a 1 true nil [1,2] {\"x\":{}}\n2:p\n4:null [1,2]\n");
    api_state.log[0] = '\0';
    RUN("local t = {} t.t = t console.warn(t, 0/0) "
        "return 1",
        "1");
    CHECK_STR(api_state.log, "3:{\"t\":[a cycle]} -nan\n");
    lua_close(L);
}

static void a_response_moves_to_the_pool(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);
    wfp_response_t *resp;
    apr_size_t n;

    RUN("res = Response.new('hello', {status=201, headers={A='b'}}) return 1",
        "1");
    lua_getglobal(L, "res");
    CHECK(wfp_api_to_response(&resp, L, -1));
    CHECK_INT(resp->status, 201);
    CHECK_STR(wfp_headers_get(resp->headers, "a"), "b");
    CHECK(memcmp(wfp_body_peek(resp->body, &n), "hello", 5) == 0 && n == 5);
    RUN("res = fetch('http://a/') return 1", "1");
    lua_getglobal(L, "res");
    CHECK(wfp_api_to_response(&resp, L, -1));
    CHECK_INT(resp->status, 203);
    CHECK_STR(wfp_headers_get(resp->headers, "content-type"), "text/x-echo");
    RUN("res = Response.new(function() end) return 1", "1");
    lua_getglobal(L, "res");
    CHECK(wfp_api_to_response(&resp, L, -1));
    lua_pushinteger(L, 1);
    CHECK(!wfp_api_to_response(&resp, L, -1));
    RUN("return setmetatable({}, {__index=function() error('no') end})",
        lua_tostring(L, -1));
    CHECK(!wfp_api_to_response(&resp, L, 1));
    CHECK(api_state.charged > 0);
    lua_close(L);
}

static void errors_are_read_raw(wfp_test_t *t)
{
    lua_State *L = api_state_new(t->pool);
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    RUN("local ok, e = pcall(fetch, 'http://blocked/') e.code = 'cpu_limit' "
        "return e.stack ~= nil",
        "true");
    lua_settop(L, 0);
    (void)luaL_dostring(L, "local ok, e = pcall(fetch, 'http://blocked/') "
                           "e.code = 'cpu_limit' error(e)");
    wfp_api_read_error(&res, L, -1);
    CHECK_INT(res.code, WFP_EGRESS_BLOCKED);
    CHECK_STR(res.message, "no: blocked");
    (void)luaL_dostring(L, "error(setmetatable({}, {__tostring=function() "
                           "return 'mine' end}))");
    wfp_api_read_error(&res, L, -1);
    CHECK_INT(res.code, WFP_EXCEPTION);
    CHECK_STR(res.message, "mine");
    (void)luaL_dostring(L, "error(setmetatable({}, {__tostring=function() "
                           "error('deep') end}))");
    wfp_api_read_error(&res, L, -1);
    CHECK_STR(res.message, "table");
    (void)luaL_dostring(L, "error(Response.new(1, 2))");
    wfp_api_read_error(&res, L, -1);
    CHECK_STR(res.name, "TypeError");
    (void)luaL_dostring(L, "error()");
    wfp_api_read_error(&res, L, -1);
    CHECK_STR(res.message, "nil");
    lua_close(L);
}

static const wfp_test_case_t cases[] = {
    { "headers: case-insensitive, joined, sorted",
      headers_are_case_insensitive_and_joined },
    { "headers: bad names and values", headers_refuse_what_is_no_header },
    { "headers: of a table, made late", headers_of_a_table_are_made_late },
    { "response: body and init", response_reads_its_init },
    { "body: read once, chunks, tee", body_is_read_once },
    { "body: larger than memory", body_larger_than_memory_is_an_error },
    { "request: input and init", request_is_made_of_its_input },
    { "fetch: response and errors", fetch_gives_a_response },
    { "dispatch: checks at fetch", dispatch_checks_at_fetch },
    { "plain values are copied", plain_values_are_copied },
    { "other values are refused", other_values_are_refused },
    { "env and ctx: read-only", env_and_ctx_are_read_only },
    { "env: outbound parameters", outbound_parameters_lie_over_env },
    { "objects stay in their request", objects_stay_in_their_request },
    { "console: lines", console_writes_lines },
    { "response: moves to the pool", a_response_moves_to_the_pool },
    { "errors: read raw", errors_are_read_raw },
    { NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
