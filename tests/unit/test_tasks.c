/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parallel() and waits in it, over a host whose calls run on threads of their
 * own. That calls overlap is shown by calls that end only when so many are in.
 */
#include "core/clock.h"
#include "core/cancel.h"

#include <pthread.h>

#include "tests/unit/runtime_fixture.h"

#define THREADS_MAX 24

#define CHECK_HOST(expr)                                                       \
    do {                                                                       \
        if (!(expr)) {                                                         \
            return APR_EGENERAL;                                               \
        }                                                                      \
    } while (0)

/* One call beside. */
typedef struct job_t {
    wfp_host_ctx_t ctx; /* first: what the calls get */
    pthread_t thread;
    wfp_op_t *op;
    wfp_cancel_t *cancel;
    int done;
    struct job_t *next;
} job_t;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    job_t *jobs;
    int running;
    int threads_max;
    int in;   /* calls of /meet/N */
    int met;  /* how many may leave */
    int most; /* of running */
    int started;
    int inline_calls;
} world = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER };

static wfp_host_ctx_t *main_ctx;

static struct timespec in_ms(int ms)
{
    apr_time_t at = apr_time_now() + apr_time_from_msec(ms);
    struct timespec when = { .tv_sec = (time_t)apr_time_sec(at),
                             .tv_nsec = (long)apr_time_usec(at) * 1000 };

    return when;
}

/* Wait until n calls are in here, or a while. @return 1: they met */
static int meet(int n)
{
    struct timespec until = in_ms(30000);
    int met;

    (void)pthread_mutex_lock(&world.lock);
    if (++world.in % n == 0) {
        world.met = world.in;
        (void)pthread_cond_broadcast(&world.changed);
    }
    met = world.in;
    while (world.met < met - (met - 1) % n
           && pthread_cond_timedwait(&world.changed, &world.lock, &until)
                  == 0) {
    }
    met = world.met >= met - (met - 1) % n;
    (void)pthread_mutex_unlock(&world.lock);
    return met;
}

static apr_status_t task_fetch(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                               wfp_request_t *req, wfp_result_t *res)
{
    const char *path = strstr(req->url, "example") + 7;
    wfp_cancel_t *cancel = ctx == main_ctx ? NULL : ((job_t *)ctx)->cancel;

    if (!cancel) {
        (void)pthread_mutex_lock(&world.lock);
        world.inline_calls++;
        (void)pthread_mutex_unlock(&world.lock);
    }
    if (!strncmp(path, "/meet/", 6) && !meet(atoi(path + 6))) {
        return wfp_result_set(res, WFP_TIMEOUT, APR_TIMEUP, NULL);
    }
    if (!strncmp(path, "/fail/", 6)) {
        return wfp_result_set(res, WFP_NETWORK_ERROR, APR_EGENERAL, "%s",
                              path + 6);
    }
    if (!strcmp(path, "/hang")) {
        wfp_cancel_sleep(cancel, wfp_clock_now() + apr_time_from_sec(20));
        return wfp_result_set(res, wfp_cancel_why(cancel), APR_EGENERAL, NULL);
    }
    *presp = wfp_response_make(200, ctx->pool);
    (*presp)->body = wfp_body_mem(path, strlen(path), ctx->pool);
    return APR_SUCCESS;
}

static void *job_main(void *data)
{
    job_t *job = data;

    wfp_host_run(&fixture_host, &job->ctx, job->op);
    (void)pthread_mutex_lock(&world.lock);
    job->done = 1;
    (void)pthread_cond_broadcast(&world.changed);
    (void)pthread_mutex_unlock(&world.lock);
    return NULL;
}

static apr_status_t task_start(wfp_host_ctx_t *ctx, wfp_op_t *op)
{
    apr_allocator_t *own;
    apr_pool_t *p;
    job_t *job;

    if (op->req && op->req->body) {
        return APR_ENOTIMPL;
    }
    if (world.running >= world.threads_max) {
        return APR_EAGAIN;
    }
    /* a thread's own, which goes with the case's */
    CHECK_HOST(apr_allocator_create(&own) == APR_SUCCESS);
    apr_pool_create_ex(&p, main_ctx->pool, NULL, own);
    apr_allocator_owner_set(own, p);
    job = apr_pcalloc(p, sizeof(*job));
    job->ctx.pool = p;
    job->op = op;
    op->host = job;
    wfp_result_init(&op->res, p);
    CHECK_HOST(wfp_cancel_make(&job->cancel, p) == APR_SUCCESS);
    (void)pthread_mutex_lock(&world.lock);
    job->next = world.jobs;
    world.jobs = job;
    world.started++;
    world.running++;
    world.most = world.running > world.most ? world.running : world.most;
    (void)pthread_mutex_unlock(&world.lock);
    CHECK_HOST(pthread_create(&job->thread, NULL, job_main, job) == 0);
    return APR_SUCCESS;
}

static job_t *take_done(void)
{
    job_t **link;

    for (link = &world.jobs; *link; link = &(*link)->next) {
        job_t *job = *link;

        if (job->done) {
            *link = job->next;
            return job;
        }
    }
    return NULL;
}

static wfp_op_t *task_wait(wfp_host_ctx_t *ctx, apr_time_t until)
{
    apr_time_t left = until ? until - wfp_clock_now() : apr_time_from_sec(5);
    struct timespec at = in_ms((int)(left > apr_time_from_sec(30)
                                         ? 30000
                                         : apr_time_as_msec(left + 999)));
    job_t *job;

    (void)pthread_mutex_lock(&world.lock);
    while (!(job = take_done()) && world.running > 0
           && pthread_cond_timedwait(&world.changed, &world.lock, &at) == 0) {
    }
    if (job) {
        world.running--;
    }
    (void)pthread_mutex_unlock(&world.lock);
    if (job) {
        (void)pthread_join(job->thread, NULL);
    }
    return job ? job->op : NULL;
}

static void task_cancel(wfp_host_ctx_t *ctx, wfp_op_t *op, wfp_code_e why)
{
    wfp_cancel_fire(((job_t *)op->host)->cancel, why);
}

/* A handler's code; says its answer. */
static const char *run(wfp_test_t *t, const char *code)
{
    const char *text = apr_pstrcat(
        t->pool,
        "return { fetch = function(request, env, ctx)\n"
        "local function get(path) return fetch('http://a.example' .. path)"
        ":text() end\n",
        code, "\nend }", NULL);
    wfp_limits_t limits = fixture_limits();
    fixture_outcome_t out;
    static wfp_host_ctx_t ctx;

    (void)fixture(t);
    fixture_host.fetch = task_fetch;
    fixture_host.start_op = task_start;
    fixture_host.wait_op = task_wait;
    fixture_host.cancel_op = task_cancel;
    world.jobs = NULL;
    world.running = world.started = world.most = world.inline_calls = 0;
    world.in = world.met = 0;
    world.threads_max = world.threads_max ? world.threads_max : THREADS_MAX;
    limits.v[WFP_LIMIT_CPU_MS] = FIXTURE_CANNOT_END ? 10000 : 300;
    limits.v[WFP_LIMIT_WALL_MS] = 10000;
    memset(&ctx, 0, sizeof(ctx));
    ctx.pool = t->pool;
    main_ctx = &ctx;
    {
        wfp_isolate_t *iso = fixture_isolate(t, text, &limits);

        fixture_run(&out, iso, &ctx, &limits, t->pool);
        wfp_isolate_destroy(iso);
    }
    world.threads_max = 0;
    return out.res.code != WFP_OK
               ? apr_psprintf(t->pool, "%s: %s",
                              wfp_code_row(out.res.code)->code, out.res.message)
               : out.body;
}

#define RUN(code, want) CHECK_STR(run(t, code), want)

static void results_in_order(wfp_test_t *t)
{
    RUN("return Response.new(table.concat({ parallel(\n"
        "  function() scheduler.wait(20) return 'a', 'x' end,\n"
        "  function() return 'b' end,\n"
        "  function() return get('/c') end) }))",
        "ab/c");
    RUN("return Response.new(select('#', parallel()) .. '')", "0");
    RUN("return Response.new(select('#', parallel(function() end,\n"
        "  function() return nil, 1 end)) .. '')",
        "2");
}

static void calls_overlap(wfp_test_t *t)
{
    RUN("local function f() return get('/meet/3') end\n"
        "return Response.new(table.concat({ parallel(f, f, f) }))",
        "/meet/3/meet/3/meet/3");
    CHECK_INT(world.inline_calls, 0);
    CHECK_INT(world.most, 3);
}

static void errors(wfp_test_t *t)
{
    RUN("local ended = {}\n"
        "local ok, e = pcall(parallel,\n"
        "  function() scheduler.wait(30) ended[1] = 1 error('late') end,\n"
        "  function() error({ mine = 'early' }) end,\n"
        "  function() scheduler.wait(60) ended[2] = 2 end)\n"
        "return Response.new(tostring(ok) .. e.mine .. ended[1] .. ended[2])",
        "falseearly12");
    RUN("local mine = {}\n"
        "local ok, e = pcall(parallel, function() error(mine) end)\n"
        "return Response.new(tostring(rawequal(e, mine)))",
        "true");
    RUN("local ok, e = pcall(parallel, function() get('/fail/x') end)\n"
        "return Response.new(e.code .. e.message)",
        "network_errorx");
    RUN("parallel(function() get('/fail/out') end)", "network_error: out");
    RUN("local ok, e = pcall(parallel, print, 7)\n"
        "return Response.new(tostring(e))",
        "TypeError: bad argument #2 to 'parallel' (function expected, got "
        "number)");
    RUN("local f = {} for i = 1, 1001 do f[i] = print end\n"
        "local ok, e = pcall(parallel, table.unpack(f))\n"
        "return Response.new(tostring(e))",
        "RangeError: parallel takes 1000 functions at most, got 1001");
    RUN("local closed = 0\n"
        "pcall(parallel, function()\n"
        "  local x <close> = setmetatable({}, { __close = function()\n"
        "    closed = closed + 1 end })\n"
        "  get('/x') error('no') end)\n"
        "return Response.new(closed .. '')",
        "1");
}

static void through_coroutines(wfp_test_t *t)
{
    RUN("local function f()\n"
        "  local co = coroutine.wrap(function(a)\n"
        "    local b = coroutine.yield(a .. get('/meet/2'))\n"
        "    return b .. get('/meet/2') end)\n"
        "  return co('a') .. co('b') end\n"
        "local a, b = parallel(f, f) return Response.new(a .. ' ' .. b)",
        "a/meet/2b/meet/2 a/meet/2b/meet/2");
    CHECK_INT(world.inline_calls, 0);
    RUN("local function f()\n"
        "  local function deep(n)\n"
        "    if n == 0 then return get('/meet/2') end\n"
        "    local ok, r = coroutine.resume(coroutine.create(deep), n - 1)\n"
        "    return r end\n"
        "  return deep(20) end\n"
        "return Response.new(table.concat({ parallel(f, f) }))",
        "/meet/2/meet/2");
    RUN("local function f()\n"
        "  local ok, e = coroutine.resume(coroutine.create(function()\n"
        "    get('/fail/deep') end))\n"
        "  return tostring(ok) .. e.message end\n"
        "return Response.new((parallel(f)))",
        "falsedeep");
    RUN("local function f()\n"
        "  for v in coroutine.wrap(function()\n"
        "    for i = 1, 3 do coroutine.yield(get('/' .. i)) end end) do\n"
        "    if v == '/3' then return v end end end\n"
        "return Response.new((parallel(f)))",
        "/3");
}

static void what_protects(wfp_test_t *t)
{
    RUN("local function f() local ok, v = pcall(get, '/meet/2')\n"
        "  local ok2, e = xpcall(get, function(e) return e.code end,\n"
        "    '/fail/z') return v .. e end\n"
        "return Response.new(table.concat({ parallel(f, f) }))",
        "/meet/2network_error/meet/2network_error");
    CHECK_INT(world.inline_calls, 0);
}

/* A C function in between: the thread blocks. */
static void what_cannot_yield(wfp_test_t *t)
{
    RUN("local n = 0\n"
        "local function f() local t = { 3, 1, 2 }\n"
        "  table.sort(t, function(a, b) n = n + 1 get('/s') return a < b end)\n"
        "  return table.concat(t) end\n"
        "return Response.new(table.concat({ parallel(f, f) }) .. (n > 3 and "
        "'+' or '-'))",
        "123123+");
    CHECK(world.inline_calls > 3);
    RUN("local function f() return ('ab'):gsub('.', function(c)\n"
        "  return (parallel(function() return get('/' .. c) end)) end) end\n"
        "return Response.new((parallel(f)))",
        "/a/b");
    RUN("local m = setmetatable({}, { __index = function(_, k)\n"
        "  return get('/meet/2') end })\n"
        "local function f() return m.x end\n"
        "return Response.new(table.concat({ parallel(f, f) }))",
        "/meet/2/meet/2");
    RUN("local function f() local r\n"
        "  table.sort({ 2, 1 }, function(a, b)\n"
        "    r = coroutine.wrap(function() return get('/co') end)()\n"
        "    return a < b end) return r end\n"
        "return Response.new((parallel(f)))",
        "/co");
}

static void nested(wfp_test_t *t)
{
    RUN("local function f() return get('/meet/4') end\n"
        "local function two() local a, b = parallel(f, f) return a .. b end\n"
        "return Response.new(table.concat({ parallel(two, two) }))",
        "/meet/4/meet/4/meet/4/meet/4");
    CHECK_INT(world.most, 4);
    RUN("local function down(n) if n == 0 then return 'x' end\n"
        "  return (parallel(function() return down(n - 1) end)) .. '' end\n"
        "return Response.new(down(500))",
        "x");
    RUN("local ok, e = pcall(parallel, function()\n"
        "  parallel(function() get('/fail/inner') end, function()\n"
        "    scheduler.wait(5) end) end)\n"
        "return Response.new(e.message)",
        "inner");
}

static void yields_out(wfp_test_t *t)
{
    RUN("local ok, e = pcall(parallel, function() coroutine.yield(1) end)\n"
        "return Response.new(tostring(e))",
        "attempt to yield from outside a coroutine");
    RUN("local a, b = coroutine.running()\n"
        "local c = parallel(function()\n"
        "  local co, main = coroutine.running()\n"
        "  return tostring(main) .. tostring(coroutine.isyieldable())\n"
        "    .. coroutine.status(co) end)\n"
        "return Response.new(c .. tostring(b))",
        "truefalserunningtrue");
}

/* Whoever waits cannot be resumed by others, nor seen to be suspended. */
static void others_look(wfp_test_t *t)
{
    RUN("local co, task\n"
        "local a, b = parallel(\n"
        "  function() task = coroutine.running()\n"
        "    co = coroutine.create(function() return get('/v') end)\n"
        "    return select(2, coroutine.resume(co)) end,\n"
        "  function() local out = {}\n"
        "    for _, c in ipairs{ co, task } do\n"
        "      out[#out + 1] = coroutine.status(c)\n"
        "      out[#out + 1] = tostring(select(2, coroutine.resume(c, 'evil')))\n"
        "    end return table.concat(out, ',') end)\n"
        "return Response.new(a .. ' ' .. b .. ' ' .. coroutine.status(co)\n"
        "  .. coroutine.status(task))",
        "/v normal,cannot resume non-suspended coroutine,normal,cannot resume "
        "non-suspended coroutine deaddead");
}

static void few_threads(wfp_test_t *t)
{
    world.threads_max = 2;
    RUN("local f = {} for i = 1, 40 do f[i] = function()\n"
        "  return get('/' .. i) end end\n"
        "return Response.new(table.concat({ parallel(table.unpack(f)) }))",
        "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25/26"
        "/27/28/29/30/31/32/33/34/35/36/37/38/39/40");
    CHECK(world.most <= 2);
    CHECK_INT(world.inline_calls, 0);
}

static void connections(wfp_test_t *t)
{
    RUN("local f = {} for i = 1, 24 do f[i] = function()\n"
        "  return get('/meet/6') end end\n"
        "return Response.new(select('#', parallel(table.unpack(f))) .. '')",
        "24");
    CHECK_INT(world.most, 6);
}

static void only_here(wfp_test_t *t)
{
    RUN("local function send() return fetch('http://a.example/up', { method =\n"
        "  'POST', body = function() end }):text() end\n"
        "local function f() return get('/meet/2') end\n"
        "return Response.new(table.concat({ parallel(send, f, f) }))",
        "/up/meet/2/meet/2");
    CHECK_INT(world.inline_calls, 1);
}

static void sleepers(wfp_test_t *t)
{
    RUN("local order, f = {}, {}\n"
        "for i = 1, 200 do f[i] = function()\n"
        "  scheduler.wait(200 - i) order[#order + 1] = i end end\n"
        "local start = Date.now()\n"
        "parallel(table.unpack(f))\n"
        "return Response.new((order[1] > order[200] and 'sorted ' or 'no ')\n"
        "  .. (Date.now() - start < 10000 and 'fast' or 'slow'))",
        "sorted fast");
}

static void aborts(wfp_test_t *t)
{
    apr_time_t start = wfp_clock_now();

    RUN("local c = AbortController.new()\n"
        "local ok, e = pcall(parallel,\n"
        "  function() fetch('http://a.example/hang', { signal = c.signal }) "
        "end,\n"
        "  function() scheduler.wait(5) c:abort() end)\n"
        "return Response.new(tostring(e) .. ' ' .. e.code\n"
        "  .. tostring(rawequal(e, c.signal.reason)))",
        "AbortError: The operation was aborted abortedtrue");
    CHECK(wfp_clock_now() - start < apr_time_from_sec(10));
    RUN("local c, out = AbortController(), {}\n"
        "local any = AbortSignal.any{ AbortSignal.any{ c.signal },\n"
        "  AbortSignal.timeout(60000) }\n"
        "local f = {}\n"
        "for i = 1, 20 do f[i] = function()\n"
        "  local ok, e = pcall(fetch, 'http://a.example/hang', { signal = any "
        "})\n"
        "  return e.message end end\n"
        "f[21] = function() c:abort('enough') return c.signal.reason end\n"
        "out = { parallel(table.unpack(f)) }\n"
        "return Response.new(#out .. out[1] .. out[20] .. out[21])",
        "21enoughenoughenough");
    CHECK_INT(world.inline_calls, 0);
}

static void signals(wfp_test_t *t)
{
    RUN("local c = AbortController.new() local s = c.signal\n"
        "local before = tostring(s.aborted) .. tostring(s.reason)\n"
        "s:throwIfAborted() c:abort{ mine = 1 } c:abort('again')\n"
        "local ok, e = pcall(s.throwIfAborted, s)\n"
        "local ok2, e2 = pcall(fetch, 'http://a.example/', { signal = s })\n"
        "return Response.new(before .. tostring(s.aborted) .. e.mine\n"
        "  .. tostring(e == e2 and e == s.reason))",
        "falseniltrue1true");
    CHECK_INT(world.inline_calls, 0);
    RUN("local s = AbortSignal.timeout(10)\n"
        "local before = s.aborted scheduler.wait(15)\n"
        "local ok, e = pcall(fetch, 'http://a.example/', { signal = s })\n"
        "return Response.new(tostring(before) .. tostring(s.aborted) .. "
        "e.code .. e.name)",
        "falsetruetimeoutTimeoutError");
    /* what is read later is broken off, too, also through HTMLRewriter
     * and in a copy */
    RUN("local t = {} for i = 1, 3 do local c = AbortController.new()\n"
        "  local r = fetch('http://a.example/', { method = 'POST', body = "
        "'<p>', signal = c.signal })\n"
        "  r = i == 2 and HTMLRewriter.new():transform(r) or i == 3 and r:clone() or r\n"
        "  c:abort() local ok, e = pcall(r.text, r)\n"
        "  t[i] = tostring(ok) .. ' ' .. (ok and e or e.name) end\n"
        "return Response.new(table.concat(t, ', '))",
        "false AbortError, false AbortError, false AbortError");
    RUN("local r = Request.new('http://a.example/', { signal = "
        "AbortSignal.abort() })\n"
        "local q = Request.new(r, { method = 'POST' })\n"
        "local p = Request.new(r, { signal = AbortController().signal })\n"
        "return Response.new(tostring(q.signal.aborted) "
        ".. tostring(p.signal.aborted) .. tostring(request.signal.aborted)\n"
        "  .. tostring(r:clone().signal.aborted))",
        "truefalsefalsetrue");
    RUN("local out = {}\n"
        "for _, f in ipairs{ function() fetch('http://a', { signal = 1 }) end,\n"
        "  AbortSignal.abort().throwIfAborted, function() AbortSignal.timeout('x') end,\n"
        "  function() AbortSignal.any(1) end,\n"
        "  function() AbortSignal.any{ {} } end } do\n"
        "  local ok, e = pcall(f) out[#out + 1] = e.name end\n"
        "return Response.new(table.concat(out, ' '))",
        "TypeError TypeError TypeError TypeError TypeError");
}

#if !FIXTURE_CANNOT_END
static void a_kill_ends_calls(wfp_test_t *t)
{
    apr_time_t start = wfp_clock_now();

    RUN("parallel(function() get('/hang') end, function() get('/hang') end,\n"
        "  function() while true do end end)",
        "cpu_limit: CPU time limit exceeded");
    CHECK(wfp_clock_now() - start < apr_time_from_sec(10));
    CHECK_INT(world.started, 2);
    CHECK_INT(world.running, 0);
}
#endif

static void no_io_at_top_level(wfp_test_t *t)
{
    RUN("return Response.new('') end,\n"
        "x = select(2, pcall(parallel, function() fetch('http://a.example') "
        "end)).message == 'Disallowed operation called within global scope'\n"
        "  or error('io'), y = function()",
        "");
}

static const wfp_test_case_t cases[] = {
    { "results come in order", results_in_order },
    { "calls overlap", calls_overlap },
    { "errors", errors },
    { "waits pass through the tenant's coroutines", through_coroutines },
    { "pcall and xpcall", what_protects },
    { "where Lua cannot yield it blocks", what_cannot_yield },
    { "nested", nested },
    { "a task is like the main coroutine", yields_out },
    { "what waits is not resumed by others", others_look },
    { "few threads", few_threads },
    { "connections", connections },
    { "calls that run on the own thread", only_here },
    { "sleepers", sleepers },
    { "no I/O at top level", no_io_at_top_level },
    { "an abort ends calls", aborts },
    { "signals", signals },
#if !FIXTURE_CANNOT_END
    { "a kill ends the calls", a_kill_ends_calls },
#endif
    { NULL, NULL },
};

int main(void)
{
    return wfp_test_run(cases);
}
