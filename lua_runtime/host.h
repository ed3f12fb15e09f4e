/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_HOST_H
#define WFP_HOST_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/cache.h"
#include "core/kv.h"
#include "core/limits.h"
#include "core/message.h"
#include "core/queue.h"
#include "core/r2.h"
#include "core/point.h"
#include "core/rate.h"
#include "core/result.h"
#include "core/script.h"
#include "core/sql.h"

/**
 * @file
 * What a Worker may ask of the server. Declared here, filled in above
 * (mod_wfp/host.c, or a throw-away host for upload checks and tests). Kept
 * narrow and made of plain data, so that isolates can one day live in
 * processes of their own. Every call runs on the invocation's thread, with
 * the isolate's meter paused (the call is critical: no jump leaves it), and
 * may block at most until the invocation's deadline.
 */

/** An invocation as the host knows it (mod_wfp: wfp_invoke_t). */
typedef struct wfp_host_ctx_t wfp_host_ctx_t;

/** What a dispatcher gives to env.DISPATCHER:get(name, args, options). */
typedef struct wfp_dispatch_t {
    const wfp_binding_t *binding; /* the dispatch_namespace binding */
    const char *name;             /* of the user Worker */
    const char *props;            /* text of args; NULL: none */
    wfp_limits_t limits;          /* of options.limits */
    apr_array_header_t *params;   /* wfp_param_t of options.outbound; NULL */
} wfp_dispatch_t;

typedef enum {
    WFP_LOG_DEBUG = 0,
    WFP_LOG_INFO,
    WFP_LOG_LOG,
    WFP_LOG_WARN,
    WFP_LOG_ERROR
} wfp_log_e;

/** A call of the host that may run beside its invocation, on another thread,
 *  while the invocation goes on with something else. */
typedef enum {
    WFP_OP_FETCH = 0,
    WFP_OP_DISPATCH,
    WFP_OP_SERVICE,
    WFP_OP_SERVICE_CALL,
    WFP_OP_SQL,
    WFP_OP_KV,
    WFP_OP_QUEUE,
    WFP_OP_R2,
    WFP_OP_BODY /* wait until a body can be read without waiting */
} wfp_op_e;

typedef struct wfp_op_t {
    wfp_op_e kind;
    wfp_request_t *req;           /* of the first three; the host may replace it
                             * by a copy */
    wfp_dispatch_t what;          /* of DISPATCH */
    const wfp_binding_t *binding; /* of SERVICE, SERVICE_CALL, KV, R2, QUEUE */
    const char *method;           /* of SERVICE_CALL */
    const char *args;             /* of SERVICE_CALL */
    wfp_kv_call_t *kv;            /* of KV; its answer is in it */
    int is_counted;               /* of KV: it was made before, and counted */
    wfp_r2_call_t *r2;            /* of R2; its answer is in it */
    const wfp_queue_send_t *queue; /* of QUEUE */
    wfp_sql_call_t sql;            /* of SQL; share is filled in by ops.c */
    wfp_body_t *body;              /* of BODY; nobody else uses it meanwhile */
    int whole;                     /* of BODY: see wfp_body_kind_t */
    const void *signal;            /* for the isolate: what aborts it; NULL */
    int decompress;                /* for the isolate: of FETCH, unpack resp */
    /* what came of it: */
    apr_status_t rv;
    wfp_result_t res;
    wfp_response_t *resp;     /* of the first three */
    const char *text;         /* of SERVICE_CALL; NULL: nothing */
    wfp_sql_answer_t *answer; /* of SQL, when it went well */
    apr_size_t kept; /* bytes that the host holds for it until the end of
                           * the work */
    void *host;      /* the host's own, while it runs */
} wfp_op_t;

typedef struct wfp_host_t {
    /** fetch(): one subrequest through the outbound pipeline. */
    apr_status_t (*fetch)(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                          wfp_request_t *req, wfp_result_t *res);
    /** env.DISPATCHER:get(...):fetch(req): run a user Worker. */
    apr_status_t (*dispatch)(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                             const wfp_dispatch_t *what, wfp_request_t *req,
                             wfp_result_t *res);
    /** env.SVC:fetch(req): run an account Worker; env.ASSETS:fetch(req): ask the
     *  files of the version, which binding->target names. */
    apr_status_t (*service)(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                            const wfp_binding_t *binding, wfp_request_t *req,
                            wfp_result_t *res);
    /** env.SVC:method(args...): args and *presult are texts that only isolates
     *  write and read (no NUL in them); *presult NULL: it returned nothing. */
    apr_status_t (*service_call)(const char **presult, wfp_host_ctx_t *ctx,
                                 const wfp_binding_t *binding,
                                 const char *method, const char *args,
                                 wfp_result_t *res);
    /** A call of a D1 database. *panswer has a pool of its own, which whoever
     *  took what it needs destroys; NULL on failure. */
    apr_status_t (*sql)(wfp_sql_answer_t **panswer, wfp_host_ctx_t *ctx,
                        const wfp_sql_call_t *call, wfp_result_t *res);
    /** A line for the Worker's log: n bytes, control characters allowed (the
     *  host escapes), already cut to log_kb. */
    void (*log)(wfp_host_ctx_t *ctx, wfp_log_e level, const char *text,
                apr_size_t n);
    /** Sleep; ends early at the invocation's deadline. */
    apr_status_t (*wait)(wfp_host_ctx_t *ctx, apr_interval_time_t time,
                         wfp_result_t *res);
    /** ctx:passThroughOnException() was called. */
    void (*pass_through)(wfp_host_ctx_t *ctx);
    /** A secret_text binding's value, opened for the isolate being made. */
    apr_status_t (*open_secret)(const char **ptext, apr_size_t *pn,
                                void *server, const wfp_script_t *script,
                                const wfp_binding_t *binding, apr_pool_t *p);
    /** Wait until bytes of a body are there, as its kind's is_there() says. */
    void (*await_body)(wfp_host_ctx_t *ctx, wfp_body_t *body, int whole);
    /**
     * Start op beside the invocation; never waits. op and what it points to
     * stay as they are until wait_op() gave op back. NULL: this host has no
     * threads, every call is made on the invocation's.
     *
     * @return APR_SUCCESS; APR_EAGAIN: no thread is free now; any other value:
     *         op can only run on the invocation's thread
     */
    apr_status_t (*start_op)(wfp_host_ctx_t *ctx, wfp_op_t *op);
    /** Wait until one of the invocation's ops is done or it is time (wall
     *  clock; 0: the deadline). @return the op, or NULL */
    wfp_op_t *(*wait_op)(wfp_host_ctx_t *ctx, apr_time_t until);
    /** End an op early that was started: wait_op() gives it back soon. why: a
     *  reason of core/cancel.h. */
    void (*cancel_op)(wfp_host_ctx_t *ctx, wfp_op_t *op, wfp_code_e why);
    /** request.cf.hostMetadata of the request that cf is of: JSON, in the
     *  invocation's pool; NULL: there is none. */
    apr_status_t (*host_metadata)(const char **pjson, wfp_host_ctx_t *ctx,
                                  const wfp_cf_t *cf, wfp_result_t *res);
    /** A call of the KV namespace of a binding. call->pool is made for what is
     *  filled in, also when it fails: whoever asked destroys it, or the work
     *  does. @param is_counted 1: not as a subrequest */
    apr_status_t (*kv)(wfp_host_ctx_t *ctx, const wfp_binding_t *binding,
                       wfp_kv_call_t *call, int is_counted, wfp_result_t *res);
    /** Send to the queue of a binding; on disk when it returns. */
    apr_status_t (*queue)(wfp_host_ctx_t *ctx, const wfp_binding_t *binding,
                          const wfp_queue_send_t *send, wfp_result_t *res);
    /** A call of the R2 bucket of a binding. call->pool is made for what is
     *  filled in, also when it fails: whoever asked destroys it, or the work
     *  does. */
    apr_status_t (*r2)(wfp_host_ctx_t *ctx, const wfp_binding_t *binding,
                       wfp_r2_call_t *call, wfp_result_t *res);
    /** A call of the Cache API. call->pool is made for a response, and goes with
     *  the work; NULL: there is none. */
    apr_status_t (*cache)(wfp_host_ctx_t *ctx, wfp_cache_call_t *call,
                          wfp_result_t *res);
    /** Count a call of a rate limit; never waits. @return 1: it is within */
    int (*limit)(wfp_host_ctx_t *ctx, const wfp_rate_ask_t *ask);
    /** A data point for a dataset; never waits: it is stored, or dropped and
     *  counted. Fails when a quota is used up. @param owner  id of the Worker */
    apr_status_t (*point)(wfp_host_ctx_t *ctx, const char *dataset,
                          const char *owner, const wfp_point_t *point,
                          wfp_result_t *res);
    /** Bytes that the host holds until the end of the work for what was called
     *  since this was asked last: messages, and what callees left. NULL: it
     *  holds none. */
    apr_size_t (*held)(wfp_host_ctx_t *ctx);
} wfp_host_t;

/** Make the call that op stands for, on this thread; rv and res tell how it
 *  went. res is set up. */
void wfp_host_run(const wfp_host_t *host, wfp_host_ctx_t *ctx, wfp_op_t *op);

#endif
