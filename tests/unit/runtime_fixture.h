/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RUNTIME_FIXTURE_H
#define WFP_RUNTIME_FIXTURE_H

/**
 * @file
 * Isolates for tests: scripts from texts, limits, a host that nests
 * invocations as mod_wfp does. Included by one file of a program.
 */

#include <apr_strings.h>
#include <apr_time.h>
#include <stdlib.h>
#include <time.h>

#include "core/clock.h"
#include "lua_runtime/isolate.h"
#include "lua_runtime/run.h"
#include "wfp_test.h"

/** TSan keeps a signal back until the program calls something it knows: a pure
 *  loop of the VM never does, so nothing that must be ended can be tested. */
#if defined(__SANITIZE_THREAD__)
#define FIXTURE_CANNOT_END 1
#else
#define FIXTURE_CANNOT_END 0
#endif

/** Run the cases of a program that ends loops, where that is possible. */
static inline int fixture_main(const wfp_test_case_t *cases)
{
    if (FIXTURE_CANNOT_END) {
        printf("1..0 # SKIP TSan delivers no signal in the VM's loops\n");
        return 0;
    }
    return wfp_test_run(cases);
}

/** An invocation's host: what it was asked. */
struct wfp_host_ctx_t {
    apr_pool_t *pool;
    wfp_isolate_t *callee; /* whom dispatch runs */
    wfp_limits_t callee_limits;
    char log[512];
    int logged;
    wfp_code_e seen; /* code of the callee's end */
    void *data;      /* a test's own */
    int fetched;     /* bytes of the request body that fetch read */
};

static wfp_runtime_t fixture_runtime;
static wfp_host_t fixture_host;

static apr_status_t fixture_dispatch(wfp_response_t **presp,
                                     wfp_host_ctx_t *ctx,
                                     const wfp_dispatch_t *what,
                                     wfp_request_t *req, wfp_result_t *res)
{
    wfp_invocation_t *inv;
    wfp_host_ctx_t inner;
    apr_status_t rv;

    memset(&inner, 0, sizeof(inner));
    inner.pool = ctx->pool;
    rv = wfp_run_begin(&inv, ctx->callee, &inner, &ctx->callee_limits,
                       wfp_clock_now() + apr_time_from_sec(5), what->props,
                       NULL, ctx->pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_run_fetch(presp, inv, req, res);
    ctx->seen = rv == APR_SUCCESS ? WFP_OK : res->code;
    if (!wfp_run_owns_body(inv)) {
        (void)wfp_run_end(inv);
    }
    return rv;
}

/* Echoes the request's body, after having read it all. */
static apr_status_t fixture_fetch(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                                  wfp_request_t *req, wfp_result_t *res)
{
    const char *data = "";
    apr_size_t n = 0;

    if (req->body) {
        apr_status_t rv = wfp_body_slurp(&data, &n, req->body, 1 << 20, res,
                                         ctx->pool);

        if (rv != APR_SUCCESS) {
            return rv;
        }
    }
    ctx->fetched = (int)n;
    *presp = wfp_response_make(200, ctx->pool);
    (*presp)->body = wfp_body_mem(data, n, ctx->pool);
    return APR_SUCCESS;
}

static void fixture_log(wfp_host_ctx_t *ctx, wfp_log_e level, const char *text,
                        apr_size_t n)
{
    if (ctx) {
        apr_size_t used = strlen(ctx->log);

        ctx->logged++;
        apr_snprintf(ctx->log + used, sizeof(ctx->log) - used, "%.*s\n", (int)n,
                     text);
    }
}

static apr_status_t fixture_wait(wfp_host_ctx_t *ctx, apr_interval_time_t time,
                                 wfp_result_t *res)
{
    apr_time_t until = wfp_clock_now() + time;

    while (wfp_clock_now() < until) {
        apr_sleep(until - wfp_clock_now());
    }
    return APR_SUCCESS;
}

static apr_status_t fixture_open_secret(const char **ptext, apr_size_t *pn,
                                        void *server,
                                        const wfp_script_t *script,
                                        const wfp_binding_t *binding,
                                        apr_pool_t *p)
{
    *ptext = apr_pstrcat(p, "opened ", binding->text, NULL);
    *pn = strlen(*ptext);
    return APR_SUCCESS;
}

/** The runtime of this process. */
static const wfp_runtime_t *fixture(wfp_test_t *t)
{
    wfp_result_t res;

    if (fixture_runtime.host) {
        return &fixture_runtime;
    }
    wfp_result_init(&res, t->pool);
    fixture_host.dispatch = fixture_dispatch;
    fixture_host.fetch = fixture_fetch;
    fixture_host.log = fixture_log;
    fixture_host.wait = fixture_wait;
    fixture_host.open_secret = fixture_open_secret;
    CHECK_INT(wfp_run_child_init(&fixture_runtime, &res), APR_SUCCESS);
    CHECK(fixture_runtime.vm_rate > 1e7);
    fixture_runtime.host = &fixture_host;
    return &fixture_runtime;
}

/** Limits as shipped, but 20 ms of CPU and no instruction limit. */
static wfp_limits_t fixture_limits(void)
{
    wfp_limit_policy_t policy;
    wfp_limits_t limits;

    wfp_limit_policy_clear(&policy);
    wfp_limits_merge(&limits, &policy, NULL, 0);
    limits.v[WFP_LIMIT_CPU_MS] = 20;
    limits.v[WFP_LIMIT_INSTRUCTIONS] = 0;
    return limits;
}

/** Add a module; its kind is that of its name. */
static wfp_module_t *fixture_module(wfp_script_t *script, const char *name,
                                    const char *text)
{
    wfp_module_t *m = apr_array_push(script->modules);

    memset(m, 0, sizeof(*m));
    m->name = name;
    m->data = text;
    m->size = strlen(text);
    m->kind = wfp_module_kind_by_name(name);
    return m;
}

/** A script of one module, worker.lua. */
static wfp_script_t *fixture_script(const char *text, apr_pool_t *p)
{
    wfp_script_t *script = wfp_script_make(p);

    script->ns = "production";
    script->name = "customer-a";
    script->version_id = "8f9dbb2c-0f3c-4c5e-9e5d-000000000001";
    script->number = 1;
    script->stamp = 7;
    script->main_module = "worker.lua";
    (void)fixture_module(script, "worker.lua", text);
    return script;
}

/** An isolate of a text that must be good. */
static inline wfp_isolate_t *fixture_isolate(wfp_test_t *t, const char *text,
                                             const wfp_limits_t *limits)
{
    wfp_isolate_t *iso = NULL;
    wfp_result_t res;

    wfp_result_init(&res, t->pool);
    if (wfp_isolate_create(&iso, fixture(t), fixture_script(text, t->pool),
                           limits, 0, &res, t->pool)
        != APR_SUCCESS) {
        printf("# %s: %s\n", wfp_code_row(res.code)->code, res.message);
        CHECK(iso != NULL);
    }
    return iso;
}

/** What came of one invocation. */
typedef struct fixture_outcome_t {
    wfp_result_t res;
    const char *body;
    wfp_usage_t usage;
    double cpu_ms; /* of the thread */
    int status;
    int pending; /* of waitUntil, before it ran */
} fixture_outcome_t;

static double fixture_cpu_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/** Begin, fetch, read the body, waitUntil, end. */
static inline void fixture_run(fixture_outcome_t *out, wfp_isolate_t *iso,
                               wfp_host_ctx_t *ctx, const wfp_limits_t *limits,
                               apr_pool_t *p)
{
    wfp_request_t *req = wfp_request_make("GET", "http://a.example/x?y", p);
    wfp_response_t *resp = NULL;
    wfp_invocation_t *inv = NULL;
    apr_time_t end = wfp_clock_now()
                     + apr_time_from_msec(limits->v[WFP_LIMIT_WALL_MS]);
    double before = fixture_cpu_ms();
    apr_status_t rv;

    memset(out, 0, sizeof(*out));
    wfp_result_init(&out->res, p);
    if (wfp_run_begin(&inv, iso, ctx, limits, end, NULL, NULL, p)
        != APR_SUCCESS) {
        out->res.code = WFP_INTERNAL;
        return;
    }
    rv = wfp_run_fetch(&resp, inv, req, &out->res);
    if (rv == APR_SUCCESS) {
        apr_size_t n;

        out->status = resp->status;
        out->body = "";
        if (resp->body
            && wfp_body_slurp(&out->body, &n, resp->body, 1 << 24, &out->res, p)
                   != APR_SUCCESS) {
            out->body = NULL;
        }
    }
    out->pending = wfp_run_pending(inv);
    if (out->pending) {
        rv = wfp_run_wait_until(inv, ctx, end, &out->res);
    }
    wfp_run_usage(&out->usage, inv);
    (void)wfp_run_end(inv);
    out->cpu_ms = fixture_cpu_ms() - before;
}

/** The same for a text, with an isolate of its own. */
static inline fixture_outcome_t fixture_once(wfp_test_t *t, const char *text,
                                             const wfp_limits_t *limits)
{
    wfp_isolate_t *iso = fixture_isolate(t, text, limits);
    fixture_outcome_t out;
    wfp_host_ctx_t ctx;

    memset(&ctx, 0, sizeof(ctx));
    ctx.pool = t->pool;
    fixture_run(&out, iso, &ctx, limits, t->pool);
    wfp_isolate_destroy(iso);
    return out;
}

#endif
