/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_RUN_H
#define WFP_RUN_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/event.h"
#include "core/limits.h"
#include "core/message.h"
#include "core/result.h"
#include "lua_runtime/host.h"
#include "lua_runtime/isolate.h"

/**
 * @file
 * The only place that calls tenant code. An invocation is one run of one
 * handler in one isolate, with one budget that also covers what runs later for
 * it: function bodies that stream, waitUntil.
 *
 * Phases: begin -> one handler call (fetch, ...) -> body reads by whoever has
 * the response -> [wait_until, maybe on another thread] -> end.
 * Nested invocations (a dispatcher's) begin and end inside a host call of the
 * outer one, on the same thread; body reads nest as well. A response's body that
 * a function makes or that comes unpacked keeps its invocation: end comes after
 * the body was read or cancelled.
 */

typedef struct wfp_invocation_t wfp_invocation_t;

/** Lines of console text an invocation may write. */
#define WFP_LOG_LINES_MAX 1000

/** Why no more of its console text was taken. */
typedef enum {
    WFP_LOG_WHOLE = 0, /* all was */
    WFP_LOG_CUT_BYTES, /* log_kb */
    WFP_LOG_CUT_LINES  /* WFP_LOG_LINES_MAX */
} wfp_log_cut_e;

/** What an invocation used; sums of all its runs. */
typedef struct wfp_usage_t {
    apr_int64_t cpu_us;
    apr_int64_t instructions; /* as metered: 0 when never counted (lazy) */
    apr_int64_t memory_peak;  /* bytes */
    apr_int64_t charged;      /* bytes outside of the arena, of its pool */
    apr_int64_t log_bytes;
    wfp_log_cut_e log_cut;
} wfp_usage_t;

/**
 * Begin.
 *
 * @param pinv      in p
 * @param iso       idle; belongs to the invocation until end
 * @param limits    complete
 * @param deadline  core/clock.h: the earlier of wall_ms and the caller's
 * @param props     for ctx.props: text of packed values, or a JSON object;
 *                  NULL: none
 * @param params    wfp_param_t of an outbound Worker's parameters: seen as
 *                  env.<name>; NULL: none
 * @param p         the top request's pool; outlives the invocation
 */
apr_status_t wfp_run_begin(wfp_invocation_t **pinv, wfp_isolate_t *iso,
                           wfp_host_ctx_t *host_ctx, const wfp_limits_t *limits,
                           apr_time_t deadline, const char *props,
                           const apr_array_header_t *params,
                           apr_pool_t *p) WFP_CHECK;

/**
 * Run fetch(request, env, ctx).
 *
 * @param presp  in the invocation's pool; its body may be one that runs Lua
 *               when read
 * @param res    a hard limit (the isolate is dead then), WFP_EXCEPTION or the
 *               code of the uncaught error, WFP_INVALID_RESPONSE
 * @note request scope; blocks in host calls
 */
apr_status_t wfp_run_fetch(wfp_response_t **presp, wfp_invocation_t *inv,
                           wfp_request_t *req, wfp_result_t *res) WFP_CHECK;

/** Run the handler of an event, as scheduled(controller, env, ctx); what it
 *  returns is nothing to anybody. The event stays until the invocation's end.
 *  res as with wfp_run_fetch(). */
apr_status_t wfp_run_event(wfp_invocation_t *inv, const wfp_event_t *event,
                           wfp_result_t *res) WFP_CHECK;

/** Call function `method` of the Worker's table as method(env, ctx, args...).
 *  args, *presult: packed values (api.h) in the pool; NULL: none. */
apr_status_t wfp_run_call(const char **presult, wfp_invocation_t *inv,
                          const char *method, const char *args,
                          wfp_result_t *res) WFP_CHECK;

/** Does the response's body work on this invocation's budget when read: run its
 *  Lua, or unpack? Then end must wait for the body. */
int wfp_run_owns_body(const wfp_invocation_t *inv);

/** How many waitUntil functions are queued. */
int wfp_run_pending(const wfp_invocation_t *inv);

/**
 * Run the queued waitUntil functions, one after the other, errors of one not
 * stopping the next. host_ctx: as begin's (the background's own, when the top
 * request is gone by then).
 *
 * @param deadline  core/clock.h
 * @param res       the first error
 */
apr_status_t wfp_run_wait_until(wfp_invocation_t *inv, wfp_host_ctx_t *host_ctx,
                                apr_time_t deadline,
                                wfp_result_t *res) WFP_CHECK;

/** So far. */
void wfp_run_usage(wfp_usage_t *usage, const wfp_invocation_t *inv);

/** Which hard limit ended it, where and how. @return 0: none has */
int wfp_run_tell(wfp_result_t *res, const wfp_invocation_t *inv);

/** Its wall time is over now: a host function that the invocation is in says
 *  so, and the invocation ends when that returns. */
void wfp_run_cut(wfp_invocation_t *inv);

/**
 * The wall time of all that runs now, on whatever thread, is over; what waits in
 * a host function ends when that returns. What begins later is not meant, so
 * who wants that nothing runs any more says it again and again. Any thread, but
 * no signal handler.
 */
void wfp_run_cut_all(void);

/**
 * End: request objects go stale, garbage of the run may be collected. The
 * isolate is idle again (or dead: wfp_isolate_is_dead()).
 * @return the isolate, to pool or destroy
 */
wfp_isolate_t *wfp_run_end(wfp_invocation_t *inv);

/**
 * The machine was found to run so many instructions a second (wfp_speed_measure()
 * here or in another process): what begins from now on is counted for that, if
 * it is more than was known. Any thread.
 */
void wfp_run_set_rate(wfp_runtime_t *runtime, double rate);

/** What is known of it. Any thread. */
double wfp_run_rate(const wfp_runtime_t *runtime);

/**
 * Prepare this thread for running invocations (timer, signal stack): done on
 * first use by itself; freed by a pthread key's destructor.
 */
apr_status_t wfp_run_thread_init(void) WFP_CHECK;

/** Bytes of C stack that threads need for what Lua may recurse. */
#define WFP_RUN_STACK_MIN ((apr_size_t)1024 * 1024)

/** Bytes of C stack of a thread that is made with no wish of its own. */
apr_size_t wfp_run_thread_stack(void);

/**
 * Install the signal handlers (one real-time signal, SIGSEGV for the C stack
 * guard), measure the VM's speed where it is wanted and not known. child scope,
 * once, before any invocation.
 *
 * @param runtime  vm_rate is filled in if it is 0 and exact_metering is, too
 */
apr_status_t wfp_run_child_init(wfp_runtime_t *runtime,
                                wfp_result_t *res) WFP_CHECK;

#endif
