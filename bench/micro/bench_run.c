/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an invocation costs without httpd: warm, nested in a dispatcher's, cold,
 * and what metering adds to 1 ms of Lua. Prints medians of several rounds.
 */
#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lua_runtime/isolate.h"
#include "lua_runtime/run.h"

#define ROUNDS 7

struct wfp_host_ctx_t {
    apr_pool_t *pool;
    wfp_isolate_t *callee;
    const wfp_limits_t *limits;
};

/* CPU time: other processes do not disturb it. */
static double now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static apr_status_t fetch_once(wfp_response_t **presp, wfp_isolate_t *iso,
                               wfp_host_ctx_t *ctx, wfp_request_t *req,
                               wfp_result_t *res)
{
    wfp_invocation_t *inv;
    apr_status_t rv = wfp_run_begin(&inv, iso, ctx, ctx->limits,
                                    apr_time_now() + apr_time_from_sec(30),
                                    NULL, NULL, ctx->pool);

    if (rv == APR_SUCCESS) {
        rv = wfp_run_fetch(presp, inv, req, res);
        (void)wfp_run_end(inv);
    }
    return rv;
}

static apr_status_t dispatch(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                             const wfp_dispatch_t *what, wfp_request_t *req,
                             wfp_result_t *res)
{
    return fetch_once(presp, ctx->callee, ctx, req, res);
}

static void fail(const wfp_result_t *res)
{
    printf("failed: %s: %s\n", wfp_code_row(res->code)->code, res->message);
    _Exit(1);
}

static wfp_script_t *script_of(const char *text, apr_pool_t *p)
{
    wfp_script_t *script = wfp_script_make(p);
    wfp_module_t *m = apr_array_push(script->modules);
    wfp_binding_t *b = apr_array_push(script->bindings);

    script->ns = "bench";
    script->name = "bench";
    script->version_id = "1";
    script->main_module = "worker.lua";
    memset(m, 0, sizeof(*m));
    m->name = "worker.lua";
    m->data = text;
    m->size = strlen(text);
    memset(b, 0, sizeof(*b));
    b->name = "DISPATCHER";
    b->kind = WFP_BINDING_DISPATCH_NAMESPACE;
    b->target = "bench";
    return script;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof(double), compare);
    return values[ROUNDS / 2];
}

/* Nanoseconds of one invocation. */
static double measure(wfp_isolate_t *iso, wfp_host_ctx_t *ctx, int count,
                      apr_pool_t *p)
{
    double rounds[ROUNDS];
    int round, i;

    for (round = 0; round < ROUNDS; round++) {
        double before = now_ns();

        for (i = 0; i < count; i++) {
            wfp_result_t res;
            wfp_response_t *resp;

            apr_pool_clear(p);
            ctx->pool = p;
            wfp_result_init(&res, p);
            if (fetch_once(&resp, iso, ctx,
                           wfp_request_make("GET", "http://a.localhost/", p),
                           &res)
                != APR_SUCCESS) {
                fail(&res);
            }
        }
        rounds[round] = (now_ns() - before) / count;
    }
    return median(rounds);
}

static wfp_isolate_t *isolate_of(const wfp_runtime_t *runtime, const char *text,
                                 const wfp_limits_t *limits, apr_pool_t *p)
{
    wfp_isolate_t *iso;
    wfp_result_t res;

    wfp_result_init(&res, p);
    if (wfp_isolate_create(&iso, runtime, script_of(text, p), limits, 1, &res,
                           p)
        != APR_SUCCESS) {
        fail(&res);
    }
    return iso;
}

static double measure_cold(const wfp_runtime_t *runtime,
                           const wfp_limits_t *limits, int compiled,
                           apr_pool_t *p)
{
    double rounds[ROUNDS];
    int round, i, count = 200;

    for (round = 0; round < ROUNDS; round++) {
        wfp_script_t *script;
        wfp_result_t res;
        double before;

        apr_pool_clear(p);
        wfp_result_init(&res, p);
        script = script_of("return { fetch = function(request, env, ctx) "
                           "return Response.new('hello') end }",
                           p);
        if (compiled
            && wfp_isolate_compile(script, limits, &res, p) != APR_SUCCESS) {
            fail(&res);
        }
        before = now_ns();
        for (i = 0; i < count; i++) {
            wfp_isolate_t *iso;

            if (wfp_isolate_create(&iso, runtime, script, limits, 0, &res, p)
                != APR_SUCCESS) {
                fail(&res);
            }
            wfp_isolate_destroy(iso);
        }
        rounds[round] = (now_ns() - before) / count;
    }
    return median(rounds);
}

#define LOOP                                                                   \
    "local x = 0 for i = 1, 200000 do x = x + i % 7 end "                      \
    "local t = {} for i = 1, 13000 do t[i] = i * x end return t[13000]"

/* The same work in a bare state without any limit. */
static double measure_bare(int count)
{
    double rounds[ROUNDS];
    lua_State *L = luaL_newstate();
    int round, i;

    luaL_openlibs(L);
    if (!L || luaL_loadstring(L, LOOP) != LUA_OK) {
        return 0;
    }
    for (round = 0; round < ROUNDS; round++) {
        double before = now_ns();

        for (i = 0; i < count; i++) {
            lua_pushvalue(L, 1);
            if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
                return 0;
            }
        }
        rounds[round] = (now_ns() - before) / count;
    }
    lua_close(L);
    return median(rounds);
}

int main(void)
{
    wfp_host_t host = { .dispatch = dispatch };
    wfp_runtime_t runtime = { .host = &host };
    wfp_limit_policy_t policy;
    wfp_limits_t limits;
    wfp_host_ctx_t ctx = { NULL };
    wfp_isolate_t *hello, *outer, *loop;
    apr_pool_t *p, *scratch;
    wfp_result_t res;
    double warm, bare;

    apr_initialize();
    apr_pool_create(&p, NULL);
    apr_pool_create(&scratch, p);
    wfp_result_init(&res, p);
    wfp_limit_policy_clear(&policy);
    wfp_limits_merge(&limits, &policy, NULL, 0);
    if (wfp_run_child_init(&runtime, &res) != APR_SUCCESS) {
        fail(&res);
    }
    printf("VM rate                %8.0f M instructions/s\n",
           runtime.vm_rate / 1e6);
    hello = isolate_of(&runtime,
                       "return { fetch = function(request, env, ctx) "
                       "return Response.new('hello') end }",
                       &limits, p);
    outer = isolate_of(&runtime,
                       "return { fetch = function(request, env, ctx) "
                       "return env.DISPATCHER:get('user'):fetch(request) "
                       "end }",
                       &limits, p);
    loop = isolate_of(&runtime,
                      "return { fetch = function() local function f() " LOOP
                      " end f() return Response.new('') end }",
                      &limits, p);
    ctx.limits = &limits;
    ctx.callee = hello;
    warm = measure(hello, &ctx, 20000, scratch);
    printf("warm hello             %8.0f ns\n", warm);
    printf("dispatcher + hello     %8.0f ns\n",
           measure(outer, &ctx, 20000, scratch));
    printf("cold, from text        %8.1f us\n",
           measure_cold(&runtime, &limits, 0, scratch) / 1e3);
    printf("cold, from bytecode    %8.1f us\n",
           measure_cold(&runtime, &limits, 1, scratch) / 1e3);
    bare = measure_bare(100);
    printf("1 ms of Lua, bare      %8.1f us\n", bare / 1e3);
    warm = measure(loop, &ctx, 100, scratch) - warm;
    printf("1 ms of Lua, metered   %8.1f us (%.2f)\n", warm / 1e3, warm / bare);
    printf("idle isolate           %8.1f KB\n",
           (double)wfp_isolate_used(hello) / 1024);
    return 0;
}
