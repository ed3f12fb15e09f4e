/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_INVOKE_H
#define WFP_INVOKE_H

#include <apr_pools.h>
#include <httpd.h>

#include "core/cancel.h"
#include "core/event.h"
#include "core/message.h"
#include "core/registry.h"
#include "core/result.h"
#include "lua_runtime/run.h"
#include "mod_wfp/config.h"
#include "mod_wfp/server.h"
#include "mod_wfp/slots.h"

/**
 * @file
 * One invocation, whatever starts it: find the Worker, merge its limits, take
 * or make its isolate, run the handler, give the isolate back. Nested ones form
 * a chain by `caller`.
 */

typedef struct wfp_work_t wfp_work_t;
typedef struct wfp_calls_t wfp_calls_t; /* beside.c */
typedef struct wfp_egress_record_t wfp_egress_record_t;
typedef struct wfp_limit_hit_t wfp_limit_hit_t; /* limit_hit.c */
typedef struct wfp_tail_note_t wfp_tail_note_t;

/** What all invocations of one top request share that one thread does. */
struct wfp_work_t {
    wfp_server_t *server;
    wfp_server_conf_t *conf; /* of the request's vhost */
    const wfp_scope_conf_t *scope;
    server_rec *vhost;
    const wfp_work_t **known;      /* of whom the request knows; NULL */
    request_rec *r;                /* NULL once the request is none of its
                                    * business any more */
    apr_pool_t *pool;              /* of its own: outlives the request when a
                                  * waitUntil function is left to run */
    wfp_host_ctx_t *first;         /* invocations, latest first */
    const wfp_host_ctx_t *running; /* the innermost whose handler runs */
    const char *request_id;
    const char *cdn_loop; /* of the request, NULL: none */
    apr_size_t routed;    /* bytes of its path that named the Worker */
    int hung_up;          /* atomic: the client went away (hangup.h) */
    wfp_trial_t *trial;   /* somebody tries a Worker (trial.h); NULL */
    wfp_cancel_t *cancel; /* of a part (part.h): to wait no longer; NULL */
    wfp_slots_t *slots;   /* once parts were made: its connections */
    int has_slot;         /* this thread holds one */
    wfp_work_t *parts;    /* joined, with pools to give back */
    wfp_work_t *next_part;
    wfp_work_t *whole;  /* a joined part: of which work */
    int holders;        /* atomic: request and background; the last one gives
                        * the pool back */
    int pass_through;   /* ctx:passThroughOnException() of the
                                  * outermost Worker */
    apr_status_t input; /* how the request's body failed; AP_FILTER_ERROR: a
                         * filter of httpd's refused it, and told the client */
    /* sums and names for the log */
    apr_int64_t cpu_us;
    apr_int64_t instructions;
    apr_int64_t subrequests;
    int cold;
    apr_size_t bytes_in; /* of the request's body, that were read */
    const wfp_host_ctx_t *last_user;
    /* share that the last isolate of a user Worker, or for one, counts in; NULL:
     * there was none */
    wfp_arena_share_t *payer;
    int is_tail;           /* it runs a `tail` handler: nobody is given its
                            * own records */
    wfp_tail_note_t *told; /* tailed.c's: records for who is given them */
};

/** One invocation as the host knows it. */
struct wfp_host_ctx_t {
    wfp_work_t *work;
    wfp_host_ctx_t *caller; /* NULL: the outermost */
    wfp_host_ctx_t *next;   /* in work->first */
    wfp_host_ctx_t *whole;  /* it is another thread's view of that one; NULL */
    wfp_calls_t *calls;     /* its host calls that run beside; NULL: none yet */
    wfp_entry_t entry;
    wfp_invocation_t *inv; /* NULL: ended */
    wfp_egress_record_t
        *calls_out; /* its fetches that are over, latest first */
    wfp_limits_t limits;
    const wfp_limits_t *asked; /* by its caller; NULL */
    apr_time_t started;        /* wall clock */
    apr_time_t begun;          /* as core/clock.h tells it, and all below */
    apr_time_t ended;          /* 0: not yet */
    apr_time_t deadline;
    apr_time_t wait_until;    /* nobody wants to have it later, so no wait of
                            * it lasts longer; 0: no such time */
    int depth;                /* 1: the outermost */
    apr_int64_t subrequests;  /* atomic */
    apr_int64_t led;          /* atomic: those of user Workers that a call of
                              * it led to; they count against its limit */
    wfp_arena_share_t *share; /* that its isolate counts in: of the outermost
                               * user Worker above it, or its own; NULL: no
                               * user Worker's, or it has no isolate */
    apr_size_t held;          /* atomic: bytes of the work's pool that its calls
                              * took and that it has not paid for (work.h) */
    wfp_egress_e egress;
    const wfp_policy_t *policy;   /* the server's with the namespace's rules;
                                 * NULL: the server's alone */
    wfp_outbound_t outbound;      /* service NULL: none; params have values */
    const wfp_host_ctx_t *beyond; /* the caller whose outbound Worker comes
                                   * behind that one; NULL: none does */
    int is_outbound;              /* it is an outbound Worker */
    int run;                      /* of core/runs.h */
    int cold;                     /* its isolate was made for it */
    int recorded;                 /* who wants its record (record.h) */
    apr_uint32_t whose;           /* its Worker's number for tails that it is
                                   * told */
    int is_tailed;                /* somebody is given it, as all below say
                                   * (tailed.h): WFP_TAILED_* */
    const apr_array_header_t *tails;       /* its own; NULL: not known */
    const apr_array_header_t *tails_above; /* those of who dispatched to it,
                                            * an account Worker; NULL */
    wfp_code_e outcome;
    const wfp_event_t *event;   /* what it was run for, NULL: a request */
    const wfp_script_t *script; /* what its isolate was made of, while it has
                                 * one; NULL */
    const wfp_request_t *req;   /* for the record, as all below */
    const char *url;
    const char *method;
    int status;
    apr_array_header_t *lines;  /* console: const char * of JSON; NULL: none */
    const char *error;          /* text of the error for the record */
    const char *error_name;     /* its class, as the script may have named it;
                                 * NULL: the code's */
    const char *stack;          /* where it was raised, or NULL */
    const wfp_result_t *kill;   /* the hard limit that ended it, NULL: none */
    const wfp_limit_hit_t *hit; /* any limit that did; NULL */
};

/** What to run. */
typedef struct wfp_call_t {
    const char *ns; /* WFP_ACCOUNT_NS: account Worker */
    const char *name;
    const wfp_limits_t *limits;       /* of a dispatcher's call; NULL */
    const char *props;                /* packed values, a JSON object; NULL */
    const apr_array_header_t *params; /* env parameters of an outbound
                                        * Worker; NULL */
    const wfp_outbound_t *outbound;   /* named by the binding; NULL */
    int is_outbound;
} wfp_call_t;

/**
 * Run the handler of an event, then the waitUntil functions of all Workers that it
 * led to, then end them.
 *
 * @param perror  text of the error, in the work's pool; NULL: none
 * @return how it went, its waitUntil functions included
 */
wfp_code_e wfp_invoke_event(const char **perror, wfp_work_t *work,
                            const wfp_call_t *call, const wfp_event_t *event);

/**
 * Run fetch(request).
 *
 * @param caller  NULL: the outermost
 * @param res     why not; texts in its pool
 */
apr_status_t wfp_invoke_fetch(wfp_response_t **presp, wfp_work_t *work,
                              wfp_host_ctx_t *caller, const wfp_call_t *call,
                              wfp_request_t *req, wfp_result_t *res) WFP_CHECK;

/** The earlier of two times of which 0 means none. */
apr_time_t wfp_invoke_earlier(apr_time_t a, apr_time_t b);

/** Call a function of the Worker's table; texts are packed values. */
apr_status_t wfp_invoke_call(const char **presult, wfp_work_t *work,
                             wfp_host_ctx_t *caller, const wfp_call_t *call,
                             const char *method, const char *args,
                             wfp_result_t *res) WFP_CHECK;

/** An error came out of a body that one of them makes: its record has it. */
void wfp_invoke_blame(wfp_work_t *work, const wfp_result_t *res);

/** When the next one that has not ended reaches its wall limit; 0: all have
 *  ended. None may run. */
apr_time_t wfp_invoke_next_end(const wfp_work_t *work);

/** The client takes nothing: end what reached its wall limit at that time. None
 *  may run; any thread, while the work's waits.
 *  @return as wfp_invoke_next_end() */
apr_time_t wfp_invoke_expire(wfp_work_t *work, apr_time_t at);

/** Run an invocation's waitUntil functions now, until then at the latest; their
 *  error is its outcome when it had none. */
void wfp_invoke_wait_until(wfp_host_ctx_t *ctx, apr_time_t until);

/** The same for all invocations of a work. */
void wfp_invoke_wait_all(wfp_work_t *work, apr_time_t until);

/** End an invocation: count, record, isolate back to the pool. Twice is
 *  harmless. */
void wfp_invoke_end(wfp_host_ctx_t *ctx);

/** End all invocations of a work. */
void wfp_invoke_end_all(wfp_work_t *work);

#endif
