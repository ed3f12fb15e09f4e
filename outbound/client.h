/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CLIENT_H
#define WFP_CLIENT_H

#include <apr_pools.h>
#include <apr_time.h>

#include "core/cancel.h"
#include "core/message.h"
#include "core/result.h"
#include "outbound/listeners.h"
#include "outbound/policy.h"

/**
 * @file
 * The HTTP client: the only file that speaks to curl's transfers. One loop
 * thread per child drives all transfers of the child with curl multi;
 * connections are shared. Request threads hand a transfer over and block on
 * it with a deadline. Bodies stream both ways through a bounded window.
 */

typedef struct wfp_client_t wfp_client_t;

typedef struct wfp_client_config_t {
    const char *ca_file;        /* NULL: the system's */
    int connections_max;        /* per child, WfpEgressConnections */
    int connections_per_origin; /* 0: half of them */
    const char *user_agent;     /* sent when the request has none; NULL */
    int look_ups_max;           /* of names at a time; 0: 64 */
    const wfp_listeners_t *own; /* the server's, as long as the client; NULL */
} wfp_client_config_t;

/**
 * Start the loop thread. child scope, once.
 * @param p  child pool; joins the thread before it goes
 */
apr_status_t wfp_client_create(wfp_client_t **pclient,
                               const wfp_client_config_t *config,
                               wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Where a transfer's time went, in microseconds; 0: no such phase. */
typedef struct wfp_client_times_t {
    apr_int64_t dns_us;
    apr_int64_t connect_us;
    apr_int64_t tls_us;
    apr_int64_t first_byte_us; /* from the call on: waiting for a place, too */
    apr_int64_t total_us;      /* to the body's end; 0: not there yet */
} wfp_client_times_t;

/** One transfer's terms. One owner can hold half of connections_max at most,
 *  and an eighth of the look-ups of names, those that nobody waits for any more
 *  included; more wait. */
typedef struct wfp_client_terms_t {
    const wfp_policy_t *policy; /* asked at connect and before each reuse */
    apr_interval_time_t connect_timeout;
    apr_interval_time_t total_timeout; /* to the last byte of the body */
    /* longest time in which nothing comes and nothing goes while somebody waits
     * for it, once there is a connection; of a head whole lines count. 0: any */
    apr_interval_time_t idle_timeout;
    apr_time_t deadline; /* of the invocation, core/clock.h */
    const char *owner;   /* "namespace/name" of the Worker that pays; NULL */
    /* asked every `look` of waiting, on the thread that waits: 1 ends the wait
     * with WFP_CLIENT_DISCONNECTED. NULL: nobody is asked. The argument lives
     * as long as the response's body. */
    int (*is_over)(void *arg);
    void *is_over_arg;
    apr_interval_time_t look;
    wfp_client_times_t *times; /* to be filled in; lives as long as the
                                * response's body. NULL: nobody wants them */
    wfp_cancel_t *cancel; /* ends every wait at once, also for the body; lives
                           * as long as the response's body. NULL */
} wfp_client_terms_t;

/**
 * Send a request and wait for the response's header. No redirect is followed,
 * no cookie kept, no proxy or netrc of the environment used, http and https
 * only. The request body is read on this thread; the response body streams
 * (close it or read it to the end; at the latest the pool's end does).
 *
 * @param presp  in req->pool
 * @return APR_SUCCESS; else res: WFP_EGRESS_BLOCKED, WFP_NETWORK_ERROR (text
 *         without addresses), WFP_TIMEOUT
 * @note request scope; blocks
 */
apr_status_t wfp_client_send(wfp_response_t **presp, wfp_client_t *client,
                             wfp_request_t *req,
                             const wfp_client_terms_t *terms,
                             wfp_result_t *res) WFP_CHECK;

/** All transfers fail from now on, those under way as well: nobody waits for
 *  an origin any more. Async-signal-safe. */
void wfp_client_abort(wfp_client_t *client);

/** Numbers for status pages. */
typedef struct wfp_client_stats_t {
    apr_uint64_t transfers;
    apr_uint64_t failures;
    apr_uint32_t active;
    apr_uint32_t look_ups; /* of names, those that nobody waits for too */
} wfp_client_stats_t;

void wfp_client_stats(wfp_client_stats_t *stats, wfp_client_t *client);

#endif
