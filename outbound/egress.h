/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_EGRESS_H
#define WFP_EGRESS_H

#include <apu.h>
#include <apr_hooks.h>
#include <apr_optional_hooks.h>
#include <apr_pools.h>
#include <apr_time.h>

#include "core/message.h"
#include "core/result.h"

/**
 * @file
 * One step of the outbound pipeline, as a hook that any httpd module may add:
 *
 *     APR_OPTIONAL_HOOK(wfp, egress, my_filter, NULL, NULL, APR_HOOK_MIDDLE);
 *
 * Order: count -> limits of the head -> outbound Worker -> filters of other
 * modules, by their own order -> policy -> client. Every hop of a redirect
 * passes the whole chain anew. A call that an outbound Worker answers itself
 * ends there; what it fetches for it is a call of its own.
 *
 * Make install generates mod_wfp.h from this and the headers it needs, without
 * their functions: those are reached through the table below.
 */

/** Grows when a struct of this contract changes. A filter that was built with
 *  another one must not look further into wfp_egress_t than `abi`. */
#define WFP_EGRESS_ABI 1

/** What a filter says. Anything else is an APR status: refused or failed. */
#define WFP_EGRESS_OK       0
#define WFP_EGRESS_DECLINED (-1)

typedef struct wfp_egress_api_t wfp_egress_api_t;

/** One subrequest on its way out. */
typedef struct wfp_egress_t {
    int abi;                     /* WFP_EGRESS_ABI of mod_wfp */
    const wfp_egress_api_t *api; /* what a filter may call */
    wfp_request_t *request;      /* a filter may put another one here; it
                                  * changes none that it did not make */
    wfp_response_t *response;    /* set by the filter that answers */
    wfp_result_t *result;        /* set by the filter that refuses or fails */
    const char *ns; /* of the Worker that asked; "" account script */
    const char *worker;
    const char *user_ns; /* the user Worker for whom the call is made, when it
                          * is another one that makes it; NULL: none */
    const char *user_worker;
    const char *request_id;    /* of the request from outside */
    struct server_rec *server; /* the virtual host it came to */
    int hop;                   /* 0: first, 1: after one redirect, ... */
    apr_time_t deadline;       /* wall clock end of the invocation that asked */
    apr_pool_t *pool;          /* lives as long as the messages */

    /* mod_wfp's own from here on */
    const char *by;   /* who decided */
    void *invocation; /* wfp_host_ctx_t */
    void *server_conf;
    void (*note)(struct wfp_egress_t *egress, int outcome); /* a hop's end */
    struct wfp_egress_record_t *record; /* what is known of this hop */
    int place;                          /* in the chain: the next filter */
    int decided;                        /* what the filter that decided said */
    apr_time_t ends; /* the deadline as core/clock.h tells it */
} wfp_egress_t;

/**
 * A filter (the type that APR_OPTIONAL_HOOK expects).
 *
 * @return WFP_EGRESS_DECLINED: pass it on; WFP_EGRESS_OK: answered, response
 *         is set; an APR status: refused or failed, result says why
 * @note runs on the request's thread or, for calls of `parallel`, on a helper
 *       thread, several at the same time; may block until the deadline. There
 *       may be no request of httpd's any more (waitUntil).
 */
typedef int wfp_HOOK_egress_t(wfp_egress_t *egress);

/** What a filter may call. All allocate in egress->pool, or in that of the
 *  object that they are given; the core headers say more about each. */
struct wfp_egress_api_t {
    /** Let the rest of the chain go first, once: to look at, replace or wrap
     *  the response. @return what a filter returns; DECLINED: none answered */
    int (*next)(wfp_egress_t *egress);
    /** Refuse: WFP_EGRESS_BLOCKED ("Egress blocked: WHY"), which the Worker
     *  can catch. @return what the filter has to return */
    int (*refuse)(wfp_egress_t *egress, const char *why);
    /** Put a copy of the request into egress->request, its headers its own;
     *  the body is the same one. @return the copy */
    wfp_request_t *(*change_request)(wfp_egress_t *egress);
    /** Answer: put a response with these bytes (copied) and headers to come
     *  into egress->response. status 200..599. @return it */
    wfp_response_t *(*answer)(wfp_egress_t *egress, int status,
                              const char *data, apr_size_t n);

    const char *(*headers_get)(const wfp_headers_t *h, const char *name);
    void (*headers_add)(wfp_headers_t *h, const char *name, const char *value);
    void (*headers_set)(wfp_headers_t *h, const char *name, const char *value);
    int (*headers_unset)(wfp_headers_t *h, const char *name);

    /** A body of the filter's own kind, over another one or not. */
    wfp_body_t *(*body_make)(const wfp_body_kind_t *kind, void *baton,
                             apr_off_t length, apr_pool_t *p);
    /** Append some bytes to a brigade; APR_EOF at the end. */
    apr_status_t (*body_read)(wfp_body_t *body, apr_bucket_brigade *bb,
                              apr_size_t max, wfp_result_t *res);
    void (*body_cancel)(wfp_body_t *body);

    /** Say what went wrong, where refuse() is not the word. @return status */
    apr_status_t (*fail)(wfp_result_t *res, wfp_code_e code,
                         apr_status_t status, const char *fmt, ...)
        WFP_PRINTF(4, 5);
};

/** The table of this server. */
extern const wfp_egress_api_t wfp_egress_api;

#endif
