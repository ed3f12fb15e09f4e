/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_CLIENT_TRANSFER_H
#define WFP_CLIENT_TRANSFER_H

#include <apr_buckets.h>
#include <apr_thread_mutex.h>
#include <semaphore.h>

#include "core/lock.h"
#include "core/window.h"
#include "outbound/client.h"
#include "outbound/client_loop.h"
#include "outbound/client_resolver.h"

/**
 * @file
 * One transfer: what a request's thread and the loop thread share. Private to
 * outbound/client*.c. Transfers are used again and again and freed only with
 * the client, so that a late signal never meets freed memory.
 *
 * Phases: idle (in the client's list) -> prepared (request's thread fills it
 * in) -> running (the loop has it; both sides meet under the mutex) -> done
 * (the loop has let go of it) -> idle.
 */

/** Bytes that wait in one direction before the source is paused. */
#define WFP_CLIENT_WINDOW (256 * 1024)

/** Places for the shares of owners. */
#define WFP_CLIENT_SHARES 1024

/** Bytes of a response's head. */
#define WFP_CLIENT_HEAD_MAX (128 * 1024)

/** Interim answers before the final one. */
#define WFP_CLIENT_INTERIMS_MAX 100

struct wfp_client_t {
    apr_pool_t *pool; /* a root of its own: outlives the child pool's users */
    apr_allocator_t *allocator; /* of the windows; has a mutex */
    wfp_client_config_t config;
    wfp_client_loop_t *loop;
    wfp_client_resolver_t *resolver;
    wfp_lock_t *mutex;           /* guards pool and what follows */
    wfp_client_transfer_t *idle; /* used again, last one first */
    wfp_client_transfer_t *all;
    /* transfers of each owner, by a hash of its name: two that share a place
     * share the limit, which is a protection and no promise */
    int shares[WFP_CLIENT_SHARES];
    int share_max;
    int share_waiters;
    wfp_cond_t *share_freed;
    apr_uint64_t transfers; /* atomic */
    apr_uint64_t failures;  /* atomic */
};

struct wfp_client_transfer_t {
    wfp_client_t *client;
    void *easy;       /* curl's handle; the loop's while running */
    void *cache;      /* curl's, of this transfer's addresses */
    char pinned[280]; /* what takes the last ones out of it: "-host:port" */
    char error[256];  /* curl's own text of a fault, the loop's while running */
    apr_thread_mutex_t *mutex;
    sem_t wake; /* cheaper than a condition, which takes the mutex again */
    wfp_client_transfer_t *idle_next; /* under the client's mutex */
    wfp_client_transfer_t *all_next;

    /* set while prepared, only read while running */
    const wfp_policy_t *policy;
    const char *host;
    int plain;      /* http, not https */
    int sends;      /* a body that cannot be had a second time */
    int repeatable; /* sent twice is as good as once: RFC 9110 9.2.2 */
    int is_literal; /* host is an address */
    int is_pinned;  /* curl has addresses for host */

    /* the request's thread's own */
    wfp_body_t *source; /* request body still to be pumped, else NULL */
    apr_bucket_brigade *pumped;
    apr_off_t sent;            /* bytes pumped so far */
    apr_time_t until;          /* core/clock.h */
    apr_interval_time_t idle;  /* longest silence once it is sent; 0: any */
    apr_time_t moved;          /* a byte, last, core/clock.h; 0: not sent yet */
    int (*is_over)(void *arg); /* as wfp_client_terms_t */
    void *is_over_arg;
    apr_interval_time_t look;
    apr_time_t looked;    /* when that was asked last */
    wfp_cancel_t *cancel; /* likewise */
    apr_time_t begun;
    wfp_client_times_t *told; /* who wants to know how long it took; NULL */
    int leaving;              /* waits for the loop only */
    int share;                /* its place in the client's shares, -1: none */

    /* under the mutex */
    wfp_window_t head; /* lines of the response's head */
    wfp_window_t down; /* body bytes that came */
    wfp_window_t up;   /* body bytes to go */
    int status;
    int fields;               /* lines of the head so far */
    wfp_client_times_t times; /* what curl says */
    int code;                 /* curl's result, once done */
    const char *blocked;      /* why the policy refused an address, else NULL */
    const char *refused;      /* what is wrong with the answer, else NULL */
    int interims;             /* 1xx answers so far */
    apr_size_t trailers;      /* bytes of them so far */
    unsigned waiting : 1;     /* post wake when something has changed */
    unsigned reached : 1;     /* some address was let through */
    unsigned head_done : 1;   /* head is whole */
    unsigned done : 1;        /* the loop has let go */
    unsigned cancelled : 1;   /* the loop has seen the cancel */
    unsigned up_end : 1;      /* nothing more comes into up */
    unsigned up_paused : 1;   /* curl waits for up */
    unsigned down_paused : 1;

    wfp_client_job_t job; /* the loop's part */
};

/**
 * An idle transfer, or a new one; waits while the owner has its full share.
 *
 * @param terms  the owner, NULL: nobody's share is counted; who is asked
 *               whether the wait is over
 * @param until  core/clock.h; the transfer's end too
 * @return APR_SUCCESS; APR_TIMEUP: the share was not free in time;
 *         APR_ECONNABORTED: it is over; else what failed
 */
apr_status_t wfp_client_transfer_take(wfp_client_transfer_t **pt,
                                      wfp_client_t *client,
                                      const wfp_client_terms_t *terms,
                                      apr_time_t until) WFP_CHECK;

/** Make a transfer idle that was never started, or is done. */
void wfp_client_transfer_give(wfp_client_transfer_t *t);

/** Free the handles of all transfers; the loop has ended. */
void wfp_client_transfer_free_all(wfp_client_t *client);

#endif
