/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "core/clock.h"
#include "lua_runtime/inside.h"
#include "lua_runtime/split.h"
#include "runtime_fixture.h"

#define WORKER(text)                                                           \
    "return { fetch = function(request, env, ctx) " text " end }"

/* A dispatcher: catches what its user Worker's end raises. */
#define DISPATCHER                                                             \
    WORKER("local ok, r = pcall(function() "                                   \
           "return env.DISPATCHER:get('user'):fetch(request) end) "            \
           "if ok then return r end "                                          \
           "return Response.new('caught ' .. tostring(r.code) .. ' ' .. "      \
           "tostring(r.limit) .. ' ' .. tostring(r.worker) .. ' ' .. "         \
           "tostring(r), { status = 502 })")

static fixture_outcome_t once(wfp_test_t *t, const char *text)
{
    wfp_limits_t limits = fixture_limits();

    return fixture_once(t, text, &limits);
}

static void a_response_comes_back(wfp_test_t *t)
{
    fixture_outcome_t out =
        once(t, WORKER("return Response.new('hello ' .. request.url, "
                       "{ status = 201 })"));

    CHECK_INT(out.res.code, WFP_OK);
    CHECK_INT(out.status, 201);
    CHECK_STR(out.body, "hello http://a.example/x?y");
    CHECK_INT(out.usage.instructions, 0);
    CHECK(out.usage.memory_peak > 0);
}

static void errors_keep_their_text(wfp_test_t *t)
{
    fixture_outcome_t out = once(t, WORKER("\nerror('boom')"));

    CHECK_INT(out.res.code, WFP_EXCEPTION);
    CHECK_STR(out.res.message, "worker.lua:2: boom");
    CHECK_STR(out.res.worker, "customer-a");
    out = once(t, WORKER("error(setmetatable({}, { __tostring = function() "
                         "return 'shown' end }))"));
    CHECK_STR(out.res.message, "shown");
    out = once(t, WORKER("coroutine.yield(1)"));
    CHECK_INT(out.res.code, WFP_EXCEPTION);
    out = once(t, "return {}");
    CHECK_INT(out.res.code, WFP_EXCEPTION);
}

static void no_response_is_told(wfp_test_t *t)
{
    CHECK_INT(once(t, WORKER("")).res.code, WFP_INVALID_RESPONSE);
    CHECK_INT(once(t, WORKER("return 'text'")).res.code, WFP_INVALID_RESPONSE);
    CHECK_INT(once(t, WORKER("return setmetatable({}, { __index = function() "
                             "while true do end end })"))
                  .res.code,
              WFP_INVALID_RESPONSE);
}

static void globals_live_on(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *iso = fixture_isolate(
        t, "local n = 0 " WORKER("n = n + 1 return Response.new(tostring(n))"),
        &limits);
    fixture_outcome_t out;
    int i;

    for (i = 1; i <= 3; i++) {
        fixture_run(&out, iso, NULL, &limits, t->pool);
        CHECK_STR(out.body, apr_itoa(t->pool, i));
    }
    wfp_isolate_destroy(iso);
}

static void a_dead_one_is_not_used_again(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *iso = fixture_isolate(t, WORKER("while true do end"),
                                         &limits);
    fixture_outcome_t out;

    fixture_run(&out, iso, NULL, &limits, t->pool);
    CHECK_INT(out.res.code, WFP_CPU_LIMIT);
    CHECK(wfp_isolate_is_dead(iso));
    fixture_run(&out, iso, NULL, &limits, t->pool);
    CHECK_INT(out.res.code, WFP_INTERNAL);
    wfp_isolate_destroy(iso);
}

/* The dispatcher's isolate over a user's. */
static wfp_isolate_t *dispatcher(wfp_test_t *t, const char *text)
{
    wfp_script_t *script = fixture_script(text, t->pool);
    wfp_limits_t limits = fixture_limits();
    wfp_binding_t *b = apr_array_push(script->bindings);
    wfp_isolate_t *iso = NULL;
    wfp_result_t res;

    memset(b, 0, sizeof(*b));
    b->name = "DISPATCHER";
    b->kind = WFP_BINDING_DISPATCH_NAMESPACE;
    b->target = "production";
    script->ns = "";
    script->name = "dispatcher";
    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_isolate_create(&iso, fixture(t), script, &limits, 1, &res,
                                 t->pool),
              APR_SUCCESS);
    return iso;
}

/* What the client of a dispatcher over this user Worker sees. */
static fixture_outcome_t nested(wfp_test_t *t, const char *user,
                                wfp_host_ctx_t *ctx)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *iso = dispatcher(t, DISPATCHER);
    fixture_outcome_t out;

    memset(ctx, 0, sizeof(*ctx));
    ctx->pool = t->pool;
    ctx->callee_limits = limits;
    ctx->callee_limits.v[WFP_LIMIT_CPU_MS] = 200;
    ctx->callee = fixture_isolate(t, user, &limits);
    fixture_run(&out, iso, ctx, &limits, t->pool);
    CHECK(!wfp_isolate_is_dead(iso));
    wfp_isolate_destroy(ctx->callee);
    wfp_isolate_destroy(iso);
    return out;
}

static void an_inner_one_answers(wfp_test_t *t)
{
    wfp_host_ctx_t ctx;
    fixture_outcome_t out = nested(t,
                                   WORKER("return Response.new('from user')"),
                                   &ctx);

    CHECK_STR(out.body, "from user");
    CHECK_INT(out.status, 200);
}

static void an_inner_end_is_seen_outside(wfp_test_t *t)
{
    wfp_host_ctx_t ctx;
    fixture_outcome_t out =
        nested(t,
               WORKER("while true do pcall(function() while true do end "
                      "end) end"),
               &ctx);

    CHECK_INT(ctx.seen, WFP_CPU_LIMIT);
    CHECK_INT(out.status, 502);
    CHECK(strstr(out.body, "caught cpu_limit cpu_ms customer-a") != NULL);
    CHECK(strstr(out.body, "CPU time limit exceeded") != NULL);
    /* the callee's CPU is not the dispatcher's */
    CHECK(out.usage.cpu_us < 10000);
    out = nested(t, WORKER("error('mine')"), &ctx);
    CHECK(strstr(out.body, "caught exception") != NULL);
    CHECK(strstr(out.body, "mine") != NULL);
    out = nested(t,
                 WORKER("local t = {} while true do t[#t + 1] = "
                        "('x'):rep(1e6) .. #t end"),
                 &ctx);
    CHECK(strstr(out.body, "caught memory_limit memory_mb") != NULL);
}

/* The outer one's own limit still holds after an inner end. */
static void the_outer_one_is_limited_too(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *iso = dispatcher(
        t, WORKER("pcall(function() env.DISPATCHER:get('u'):fetch(request) "
                  "end) while true do end"));
    wfp_host_ctx_t ctx;
    fixture_outcome_t out;

    memset(&ctx, 0, sizeof(ctx));
    ctx.pool = t->pool;
    ctx.callee_limits = limits;
    ctx.callee = fixture_isolate(t, WORKER("while true do end"), &limits);
    fixture_run(&out, iso, &ctx, &limits, t->pool);
    CHECK_INT(ctx.seen, WFP_CPU_LIMIT);
    CHECK_INT(out.res.code, WFP_CPU_LIMIT);
    CHECK_STR(out.res.worker, "dispatcher");
    wfp_isolate_destroy(ctx.callee);
    wfp_isolate_destroy(iso);
}

static void a_function_makes_a_body(wfp_test_t *t)
{
    fixture_outcome_t out =
        once(t, WORKER("local n = 0 return Response.new(function() n = n + 1 "
                       "if n <= 3 then return ('' .. n):rep(n) end end)"));

    CHECK_STR(out.body, "122333");
    /* chunks larger than a read, and empty ones */
    out = once(t, WORKER("local n = 0 return Response.new(function() n = n + 1 "
                         "if n == 1 then return '' end "
                         "if n == 2 then return ('x'):rep(100000) end end)"));
    CHECK_INT(strlen(out.body), 100000);
}

static void a_bad_body_function_is_told(wfp_test_t *t)
{
    fixture_outcome_t out =
        once(t, WORKER("return Response.new(function() error('late') end)"));

    CHECK(out.body == NULL);
    CHECK_INT(out.res.code, WFP_EXCEPTION);
    CHECK(strstr(out.res.message, "late") != NULL);
    out = once(t, WORKER("return Response.new(function() return {} end)"));
    CHECK_INT(out.res.code, WFP_EXCEPTION);
    out = once(t, WORKER("return Response.new(function() "
                         "while true do end end)"));
    CHECK_INT(out.res.code, WFP_CPU_LIMIT);
    out = once(t, WORKER("return Response.new(function() "
                         "coroutine.yield('x') end)"));
    CHECK_INT(out.res.code, WFP_EXCEPTION);
}

/* A body read by the host while its maker waits in fetch. */
static void a_function_makes_a_request_body(wfp_test_t *t)
{
    fixture_outcome_t out =
        once(t, WORKER("local n = 0 local r = fetch('http://o.example/', "
                       "{ method = 'POST', body = function() n = n + 1 "
                       "if n < 4 then return 'part' .. n end end }) "
                       "return Response.new(r:text() .. ' back')"));

    CHECK_STR(out.body, "part1part2part3 back");
    out = once(t, WORKER("pcall(fetch, 'http://o.example/', "
                         "{ method = 'POST', body = function() "
                         "while true do end end }) "
                         "return Response.new('survived')"));
    CHECK_INT(out.res.code, WFP_CPU_LIMIT);
}

static void an_ended_body_fails(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *iso = fixture_isolate(
        t, WORKER("return Response.new(function() return 'x' end)"), &limits);
    wfp_request_t *req = wfp_request_make("GET", "http://a.example/", t->pool);
    wfp_response_t *resp = NULL;
    wfp_invocation_t *inv;
    wfp_result_t res;
    const char *data;
    apr_size_t n;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_run_begin(&inv, iso, NULL, &limits,
                            wfp_clock_now() + apr_time_from_sec(5), NULL, NULL,
                            t->pool),
              APR_SUCCESS);
    CHECK_INT(wfp_run_fetch(&resp, inv, req, &res), APR_SUCCESS);
    CHECK(wfp_run_owns_body(inv));
    CHECK(wfp_run_end(inv) == iso);
    CHECK(wfp_body_slurp(&data, &n, resp->body, 1000, &res, t->pool)
          != APR_SUCCESS);
    wfp_isolate_destroy(iso);
}

static apr_status_t endless_read(wfp_body_t *body, apr_bucket_brigade *bb,
                                 apr_size_t max, wfp_result_t *res)
{
    return apr_brigade_write(bb, NULL, NULL, "0123456789", 10);
}

static const wfp_body_kind_t endless_kind = { "endless", endless_read, NULL };

/* Its branches were handed on, and it was ended in the middle of something. */
static void a_dead_one_keeps_nothing(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *iso = fixture_isolate(t, WORKER(""), &limits);
    apr_bucket_alloc_t *alloc = apr_bucket_alloc_create(t->pool);
    apr_bucket_brigade *bb = apr_brigade_create(t->pool, alloc);
    wfp_body_t *a, *b;
    wfp_invocation_t *inv;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_run_begin(&inv, iso, NULL, &limits,
                            wfp_clock_now() + apr_time_from_sec(5), NULL, NULL,
                            t->pool),
              APR_SUCCESS);
    CHECK_INT(wfp_split_make(&a, &b, inv,
                             wfp_body_make(&endless_kind, NULL, -1, t->pool)),
              APR_SUCCESS);
    iso->dead = 1;
    iso->arena.pending = 1;
    CHECK_INT(wfp_body_read(a, bb, 100, &res), APR_SUCCESS);
    CHECK_INT(wfp_body_read(b, bb, 100, &res), APR_ENOSPC);
    wfp_isolate_destroy(wfp_run_end(inv));
}

static void queued_functions_run_after(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *iso = fixture_isolate(
        t,
        WORKER("ctx:waitUntil(function(a, b) console.log(a, b) "
               "ctx:waitUntil(function() console.log('third') end) end, 'x', 2)"
               "ctx:waitUntil(function() error('second') end) "
               "return Response.new('first')"),
        &limits);
    fixture_outcome_t out;
    wfp_host_ctx_t ctx;

    memset(&ctx, 0, sizeof(ctx));
    fixture_run(&out, iso, &ctx, &limits, t->pool);
    CHECK_STR(out.body, "first");
    CHECK_INT(out.pending, 2);
    CHECK_STR(ctx.log, "x 2\nthird\n");
    CHECK_INT(out.res.code, WFP_EXCEPTION);
    CHECK(strstr(out.res.message, "second") != NULL);
    CHECK(!wfp_isolate_is_dead(iso));
    wfp_isolate_destroy(iso);
}

static void queued_functions_run_after_an_error(wfp_test_t *t)
{
    fixture_outcome_t out =
        once(t, WORKER("ctx:waitUntil(function() end) error('x')"));

    CHECK_INT(out.pending, 1);
    out = once(t, WORKER("ctx:waitUntil(function() end) while true do end"));
    CHECK_INT(out.res.code, WFP_CPU_LIMIT);
    CHECK_INT(out.pending, 0);
    out = once(t, WORKER("ctx:waitUntil(function() while true do end end) "
                         "return Response.new('')"));
    CHECK_INT(out.res.code, WFP_CPU_LIMIT);
}

static void functions_are_called_by_name(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *iso = fixture_isolate(
        t,
        "return { add = function(env, ctx, a, b) return { sum = a + b } end, "
        "none = function() end, bad = function() return print end }",
        &limits);
    wfp_invocation_t *inv;
    const char *result = NULL;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    CHECK_INT(wfp_run_begin(&inv, iso, NULL, &limits,
                            wfp_clock_now() + apr_time_from_sec(5), NULL, NULL,
                            t->pool),
              APR_SUCCESS);
    CHECK_INT(wfp_run_call(&result, inv, "add", "00000100;i2;i40;", &res),
              APR_SUCCESS);
    CHECK_STR(strchr(result, ';'), ";Ti42;s3:sumE");
    CHECK_INT(wfp_run_call(&result, inv, "none", "00000000;", &res),
              APR_SUCCESS);
    CHECK(result == NULL);
    CHECK(wfp_run_call(&result, inv, "missing", "00000000;", &res)
          != APR_SUCCESS);
    CHECK(strstr(res.message, "missing") != NULL);
    CHECK(wfp_run_call(&result, inv, "bad", "00000000;", &res) != APR_SUCCESS);
    CHECK(wfp_run_call(&result, inv, "add", "00000050;i2;", &res)
          != APR_SUCCESS);
    CHECK(!wfp_isolate_is_dead(wfp_run_end(inv)));
    wfp_isolate_destroy(iso);
}

/* A peak of one request does not stay with an idle isolate. */
static void a_peak_is_given_back(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *iso;
    fixture_outcome_t out;

    limits.v[WFP_LIMIT_CPU_MS] = 1000;
    iso = fixture_isolate(t,
                          WORKER(
                              "local t = {} for i = 1, 100000 do t[i] = { i }"
                              " end return Response.new('done')"),
                          &limits);
    fixture_run(&out, iso, NULL, &limits, t->pool);
    CHECK_STR(out.body, "done");
    CHECK(out.usage.memory_peak > 8 * 1024 * 1024);
    CHECK(wfp_isolate_used(iso) < 1024 * 1024);
    wfp_isolate_destroy(iso);
}

static void many_runs_do_not_grow(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *iso = fixture_isolate(
        t,
        WORKER("ctx:waitUntil(function() end) return Response.new(function() "
               "return nil end)"),
        &limits);
    apr_size_t after = 0;
    int i;

    for (i = 0; i < 3000; i++) {
        apr_pool_t *p;
        fixture_outcome_t out;

        CHECK(apr_pool_create(&p, t->pool) == APR_SUCCESS);
        fixture_run(&out, iso, NULL, &limits, p);
        CHECK_INT(out.res.code, WFP_OK);
        apr_pool_destroy(p);
        if (i == 999) {
            after = wfp_isolate_used(iso);
        }
    }
    CHECK(wfp_isolate_used(iso) <= after + 16 * 1024);
    wfp_isolate_destroy(iso);
}

/* waitUntil on another thread than fetch. */
typedef struct moved_t {
    wfp_invocation_t *inv;
    wfp_host_ctx_t ctx;
    wfp_result_t res;
    apr_status_t rv;
} moved_t;

static void *finish(void *data)
{
    moved_t *moved = data;

    moved->rv = wfp_run_wait_until(moved->inv, &moved->ctx,
                                   wfp_clock_now() + apr_time_from_sec(5),
                                   &moved->res);
    return NULL;
}

static void the_rest_may_run_on_another_thread(wfp_test_t *t)
{
    wfp_limits_t limits = fixture_limits();
    wfp_isolate_t *iso = fixture_isolate(
        t,
        WORKER("ctx:waitUntil(function() console.log('there') end) "
               "ctx:waitUntil(function() while true do end end) "
               "return Response.new('here')"),
        &limits);
    wfp_request_t *req = wfp_request_make("GET", "http://a.example/", t->pool);
    wfp_response_t *resp = NULL;
    pthread_t thread;
    moved_t moved;

    memset(&moved, 0, sizeof(moved));
    wfp_result_init(&moved.res, t->pool);
    CHECK_INT(wfp_run_begin(&moved.inv, iso, NULL, &limits,
                            wfp_clock_now() + apr_time_from_sec(5), NULL, NULL,
                            t->pool),
              APR_SUCCESS);
    CHECK_INT(wfp_run_fetch(&resp, moved.inv, req, &moved.res), APR_SUCCESS);
    CHECK(pthread_create(&thread, NULL, finish, &moved) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK_STR(moved.ctx.log, "there\n");
    CHECK(moved.rv != APR_SUCCESS);
    CHECK_INT(moved.res.code, WFP_CPU_LIMIT);
    CHECK(wfp_isolate_is_dead(wfp_run_end(moved.inv)));
    wfp_isolate_destroy(iso);
}

/* Says that all is over until it is told to stop. */
static void *cut_on(void *data)
{
    int *stop = data;

    while (!__atomic_load_n(stop, __ATOMIC_RELAXED)) {
        apr_sleep(5000);
        wfp_run_cut_all();
    }
    return NULL;
}

static void another_thread_ends_what_runs(wfp_test_t *t)
{
    static const char *const texts[] = {
        WORKER("while true do end"),
        WORKER("while true do pcall(string.rep, 'x', 1000) end"),
        WORKER("local c = coroutine.wrap(function() while true do end end) "
               "c()"),
        WORKER("return Response.new(function() while true do end end)"),
        WORKER("scheduler.wait(50) while true do end"),
        "while true do end",
    };
    wfp_limits_t limits = fixture_limits();
    pthread_t thread;
    int stop = 0;
    apr_size_t i;

    limits.v[WFP_LIMIT_CPU_MS] = 30000;
    limits.v[WFP_LIMIT_STARTUP_MS] = 30000;
    (void)fixture(t);
    CHECK(pthread_create(&thread, NULL, cut_on, &stop) == 0);
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        wfp_script_t *script = fixture_script(texts[i], t->pool);
        wfp_isolate_t *iso = NULL;
        fixture_outcome_t out;

        wfp_result_init(&out.res, t->pool);
        if (wfp_isolate_create(&iso, fixture(t), script, &limits, 0, &out.res,
                               t->pool)
            == APR_SUCCESS) {
            wfp_host_ctx_t ctx;

            memset(&ctx, 0, sizeof(ctx));
            ctx.pool = t->pool;
            fixture_run(&out, iso, &ctx, &limits, t->pool);
            CHECK(wfp_isolate_is_dead(iso));
            wfp_isolate_destroy(iso);
        }
        CHECK_INT(out.res.code, WFP_WALL_LIMIT);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    CHECK(pthread_join(thread, NULL) == 0);
    wfp_run_cut_all(); /* nothing runs */
    CHECK_STR(once(t, WORKER("return Response.new('here')")).body, "here");
}

static const wfp_test_case_t cases[] = {
    { "a_response_comes_back", a_response_comes_back },
    { "errors_keep_their_text", errors_keep_their_text },
    { "no_response_is_told", no_response_is_told },
    { "globals_live_on", globals_live_on },
    { "a_dead_one_is_not_used_again", a_dead_one_is_not_used_again },
    { "an_inner_one_answers", an_inner_one_answers },
    { "an_inner_end_is_seen_outside", an_inner_end_is_seen_outside },
    { "the_outer_one_is_limited_too", the_outer_one_is_limited_too },
    { "a_function_makes_a_body", a_function_makes_a_body },
    { "a_bad_body_function_is_told", a_bad_body_function_is_told },
    { "a_function_makes_a_request_body", a_function_makes_a_request_body },
    { "an_ended_body_fails", an_ended_body_fails },
    { "a dead one keeps nothing", a_dead_one_keeps_nothing },
    { "queued_functions_run_after", queued_functions_run_after },
    { "queued_functions_run_after_an_error",
      queued_functions_run_after_an_error },
    { "functions_are_called_by_name", functions_are_called_by_name },
    { "a_peak_is_given_back", a_peak_is_given_back },
    { "many_runs_do_not_grow", many_runs_do_not_grow },
    { "the_rest_may_run_on_another_thread",
      the_rest_may_run_on_another_thread },
    { "another thread ends what runs", another_thread_ends_what_runs },
    { NULL },
};

int main(void)
{
    return fixture_main(cases);
}
