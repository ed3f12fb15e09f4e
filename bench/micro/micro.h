/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_BENCH_MICRO_H
#define WFP_BENCH_MICRO_H

/**
 * @file
 * What the programs of this folder share: a clock, medians, isolates of a text
 * and invocations in them. Included by one file of a program.
 */

#include <apr_general.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/clock.h"
#include "lua_runtime/isolate.h"
#include "lua_runtime/run.h"

#define MICRO_HELLO                                                            \
    "return { fetch = function(request, env, ctx) "                            \
    "return Response.new('hello') end }"

/** An invocation's host: whom dispatch runs, under which limits. */
struct wfp_host_ctx_t {
    apr_pool_t *pool;
    wfp_isolate_t *callee;
    const wfp_limits_t *limits;
};

/** CPU time of this thread: other processes disturb it least. */
static inline double micro_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static inline int micro_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/** Sorts them. */
static inline double micro_median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof(double), micro_compare);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/** What went wrong ends the program. */
static inline void micro_fail(const wfp_result_t *res)
{
    fprintf(stderr, "failed: %s: %s\n", wfp_code_row(res->code)->code,
            res->message);
    _Exit(1);
}

/** A Worker of one module, with a binding DISPATCHER. */
static inline wfp_script_t *micro_script(const char *text, const char *name,
                                         apr_pool_t *p)
{
    wfp_script_t *script = wfp_script_make(p);
    wfp_module_t *m = apr_array_push(script->modules);
    wfp_binding_t *b = apr_array_push(script->bindings);

    script->ns = "bench";
    script->name = name;
    script->version_id = "8f9dbb2c-0f3c-4c5e-9e5d-000000000001";
    script->stamp = 1;
    script->main_module = "worker.lua";
    memset(m, 0, sizeof(*m));
    m->name = "worker.lua";
    m->data = text;
    m->size = strlen(text);
    m->kind = WFP_MODULE_LUA;
    memset(b, 0, sizeof(*b));
    b->name = "DISPATCHER";
    b->kind = WFP_BINDING_DISPATCH_NAMESPACE;
    b->target = "bench";
    return script;
}

/** The same, compiled as a registry holds it. */
static inline wfp_script_t *micro_compiled(const char *text, const char *name,
                                           const wfp_limits_t *limits,
                                           apr_pool_t *p)
{
    wfp_script_t *script = micro_script(text, name, p);
    wfp_result_t res;

    wfp_result_init(&res, p);
    if (wfp_isolate_compile(script, limits, &res, p) != APR_SUCCESS) {
        micro_fail(&res);
    }
    return script;
}

static inline wfp_isolate_t *micro_isolate(const wfp_runtime_t *runtime,
                                           const wfp_script_t *script,
                                           const wfp_limits_t *limits,
                                           apr_pool_t *p)
{
    wfp_isolate_t *iso;
    wfp_result_t res;

    wfp_result_init(&res, p);
    if (wfp_isolate_create(&iso, runtime, script, limits, 0, &res, p)
        != APR_SUCCESS) {
        micro_fail(&res);
    }
    return iso;
}

/** One invocation, in ctx->pool. */
static inline apr_status_t micro_fetch(wfp_response_t **presp,
                                       wfp_isolate_t *iso, wfp_host_ctx_t *ctx,
                                       wfp_request_t *req, wfp_result_t *res)
{
    wfp_invocation_t *inv;
    apr_status_t rv = wfp_run_begin(&inv, iso, ctx, ctx->limits,
                                    wfp_clock_now() + apr_time_from_sec(30),
                                    NULL, NULL, ctx->pool);

    if (rv == APR_SUCCESS) {
        rv = wfp_run_fetch(presp, inv, req, res);
        (void)wfp_run_end(inv);
    }
    return rv;
}

/** The same with a request of its own; the pool is cleared before. */
static inline void micro_invoke(wfp_isolate_t *iso, wfp_host_ctx_t *ctx)
{
    wfp_response_t *resp;
    wfp_result_t res;

    apr_pool_clear(ctx->pool);
    wfp_result_init(&res, ctx->pool);
    if (micro_fetch(&resp, iso, ctx,
                    wfp_request_make("GET", "http://a.localhost/", ctx->pool),
                    &res)
        != APR_SUCCESS) {
        micro_fail(&res);
    }
}

/** A host that nests invocations, and a runtime on it, set up. */
static inline apr_status_t micro_dispatch(wfp_response_t **presp,
                                          wfp_host_ctx_t *ctx,
                                          const wfp_dispatch_t *what,
                                          wfp_request_t *req, wfp_result_t *res)
{
    return micro_fetch(presp, ctx->callee, ctx, req, res);
}

static inline void micro_begin(wfp_runtime_t *runtime, wfp_limits_t *limits,
                               apr_pool_t *p)
{
    static wfp_host_t host;
    wfp_limit_policy_t policy;
    wfp_result_t res;

    host.dispatch = micro_dispatch;
    memset(runtime, 0, sizeof(*runtime));
    runtime->host = &host;
    wfp_limit_policy_clear(&policy);
    wfp_limits_merge(limits, &policy, NULL, 0);
    wfp_result_init(&res, p);
    if (wfp_run_child_init(runtime, &res) != APR_SUCCESS) {
        micro_fail(&res);
    }
}

#endif
