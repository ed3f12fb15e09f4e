/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where transfers come from and go to: a list of idle ones, so that a fetch
 * makes no handle, lock or callback of its own. Called by client.c and
 * client_stream.c on request threads only. Also counts how
 * many each owner has, so that one Worker cannot have all connections.
 */
#include "outbound/client_transfer.h"

#include <apr_hash.h>
#include <string.h>

#include "core/clock.h"
#include "outbound/client_easy.h"

static apr_status_t make_transfer(wfp_client_transfer_t **pt,
                                  wfp_client_t *client)
{
    wfp_client_transfer_t *t = apr_pcalloc(client->pool, sizeof(*t));
    apr_status_t rv;

    t->client = client;
    t->job.loop = client->loop;
    wfp_window_init(&t->head, client->allocator, WFP_CLIENT_HEAD_MAX);
    wfp_window_init(&t->down, client->allocator, WFP_CLIENT_WINDOW);
    wfp_window_init(&t->up, client->allocator, WFP_CLIENT_WINDOW);
    rv = apr_thread_mutex_create(&t->mutex, APR_THREAD_MUTEX_DEFAULT,
                                 client->pool);
    if (rv == APR_SUCCESS && sem_init(&t->wake, 0, 0) != 0) {
        rv = APR_ENOMEM;
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_client_easy_create(t, &client->config);
    }
    t->all_next = client->all;
    client->all = t;
    *pt = t;
    return rv;
}

static int share_of(const char *owner)
{
    apr_ssize_t n = APR_HASH_KEY_STRING;

    return owner ? (int)(apr_hashfunc_default(owner, &n) % WFP_CLIENT_SHARES)
                 : -1;
}

/* Wait for a freed share; APR_ECONNABORTED: nobody wants it any more. */
static apr_status_t await_share_locked(wfp_client_t *client,
                                       const wfp_client_terms_t *terms,
                                       apr_interval_time_t left)
{
    int is_over;

    if (!terms->is_over || left <= terms->look) {
        /* whatever ends the wait: the loop looks again */
        (void)wfp_lock_wait_for(client->share_freed, left);
        return APR_SUCCESS;
    }
    if (!wfp_lock_wait_for(client->share_freed, terms->look)) {
        return APR_SUCCESS;
    }
    wfp_lock_leave(client->mutex);
    is_over = terms->is_over(terms->is_over_arg);
    wfp_lock_take(client->mutex);
    return is_over ? APR_ECONNABORTED : APR_SUCCESS;
}

static apr_status_t wait_for_share_locked(wfp_client_t *client, int share,
                                          const wfp_client_terms_t *terms,
                                          apr_time_t until)
{
    apr_status_t rv = APR_SUCCESS;

    client->share_waiters++;
    while (rv == APR_SUCCESS && client->shares[share] >= client->share_max) {
        apr_interval_time_t left = until - wfp_clock_now();

        if (left <= 0) {
            rv = APR_TIMEUP;
        }
        else if (wfp_cancel_why(terms->cancel) != WFP_OK) {
            rv = APR_ECONNABORTED;
        }
        else {
            rv = await_share_locked(client, terms, left);
        }
    }
    client->share_waiters--;
    return rv;
}

/* wfp_cancel_watch()'s: somebody who waits for a share was told not to. */
static void wake_waiters(void *baton)
{
    wfp_client_t *client = baton;

    wfp_lock_take(client->mutex);
    wfp_lock_wake_all(client->share_freed);
    wfp_lock_leave(client->mutex);
}

apr_status_t wfp_client_transfer_take(wfp_client_transfer_t **pt,
                                      wfp_client_t *client,
                                      const wfp_client_terms_t *terms,
                                      apr_time_t until)
{
    apr_status_t rv = APR_SUCCESS;
    int share = share_of(terms->owner);

    wfp_cancel_watch(terms->cancel, wake_waiters, client);
    wfp_lock_take(client->mutex);
    if (share >= 0) {
        rv = wait_for_share_locked(client, share, terms, until);
    }
    if (rv == APR_SUCCESS) {
        *pt = client->idle;
        if (client->idle) {
            client->idle = client->idle->idle_next;
        }
        else {
            rv = make_transfer(pt, client);
        }
    }
    if (rv == APR_SUCCESS) {
        (*pt)->until = until;
        (*pt)->share = share;
        if (share >= 0) {
            client->shares[share]++;
        }
    }
    wfp_lock_leave(client->mutex);
    wfp_cancel_unwatch(terms->cancel);
    return rv;
}

void wfp_client_transfer_give(wfp_client_transfer_t *t)
{
    wfp_client_t *client = t->client;

    (void)apr_thread_mutex_lock(t->mutex);
    wfp_window_clear(&t->head);
    wfp_window_clear(&t->down);
    wfp_window_clear(&t->up);
    t->policy = NULL;
    t->host = NULL;
    t->source = NULL;
    t->pumped = NULL;
    t->sent = 0;
    t->is_over = NULL;
    t->cancel = NULL;
    t->leaving = 0;
    t->is_over_arg = NULL;
    t->told = NULL;
    t->status = 0;
    t->fields = 0;
    memset(&t->times, 0, sizeof(t->times));
    t->code = 0;
    t->blocked = NULL;
    t->refused = NULL;
    t->interims = 0;
    t->trailers = 0;
    t->reached = 0;
    t->head_done = 0;
    t->done = 0;
    t->cancelled = 0;
    t->job.spoilt = 0;
    t->job.foreign = 0;
    t->job.retries = 0;
    t->job.asked = 0;
    t->up_end = 0;
    t->up_paused = 0;
    t->down_paused = 0;
    (void)apr_thread_mutex_unlock(t->mutex);

    wfp_lock_take(client->mutex);
    t->idle_next = client->idle;
    client->idle = t;
    if (t->share >= 0) {
        client->shares[t->share]--;
    }
    if (client->share_waiters) {
        wfp_lock_wake_all(client->share_freed);
    }
    wfp_lock_leave(client->mutex);
}

void wfp_client_transfer_free_all(wfp_client_t *client)
{
    wfp_client_transfer_t *t;

    for (t = client->all; t; t = t->all_next) {
        wfp_client_easy_destroy(t);
    }
}
