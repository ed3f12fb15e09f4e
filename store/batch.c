/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Group commit. All mutations of a database queue for its one row of change
 * numbers, until the COMMIT before is on the disk: alone they are as slow as
 * the disk. So the first thread leads, and takes along who comes while it waits
 * for that row or works; those that come while it commits are the next leader's.
 * Called by dbd.c.
 *
 * Inside a shared transaction each mutation has a savepoint. A refusal takes
 * back its own; a failing statement ends the sharing, and everybody is done
 * again alone, so that nobody fails for his neighbour.
 */
#include "store/batch.h"

#include "core/lock.h"
#include "store/slot.h"

/* mutations in one transaction: how long the last may wait for the first */
#define SHARED_MAX 32

typedef struct job_t {
    wfp_dbd_fn *fn;
    void *baton;
    wfp_result_t *res;
    apr_pool_t *pool;
    apr_status_t rv;
    int done;
    int leads; /* told to lead the next batch */
    struct job_t *next;
} job_t;

struct wfp_batch_t {
    wfp_lock_t *mutex;
    wfp_cond_t *news; /* somebody is done, or leads */
    job_t *first;     /* queue of those that are not begun */
    job_t *last;
    int busy; /* somebody leads */
};

apr_status_t wfp_batch_make(wfp_batch_t **pbatch, apr_pool_t *p)
{
    wfp_batch_t *batch = apr_pcalloc(p, sizeof(*batch));

    *pbatch = batch;
    return wfp_lock_make_both(&batch->mutex, &batch->news, p);
}

/* --- doing --------------------------------------------------------------- */

/* One mutation inside the shared transaction. */
static apr_status_t do_shared(wfp_dbd_t *db, job_t *job)
{
    apr_status_t rv = wfp_dbd_later(db, "SAVEPOINT mutation");

    if (rv != APR_SUCCESS) {
        return rv;
    }
    db->pool = job->pool;
    db->res = job->res;
    job->rv = job->fn(db, job->baton);
    db->res = NULL;
    if (!db->broken && job->rv != APR_SUCCESS) {
        rv = wfp_dbd_later(db, "ROLLBACK TO SAVEPOINT mutation");
    }
    if (!db->broken && rv == APR_SUCCESS) {
        rv = wfp_dbd_later(db, "RELEASE SAVEPOINT mutation");
    }
    return db->broken ? APR_EGENERAL : rv;
}

/* The front of the queue, if there is one. */
static job_t *take_locked(wfp_batch_t *batch)
{
    job_t *job = batch->first;

    if (job) {
        batch->first = job->next;
        job->next = NULL;
    }
    if (!batch->first) {
        batch->last = NULL;
    }
    return job;
}

static job_t *take(wfp_batch_t *batch)
{
    job_t *job;

    wfp_lock_take(batch->mutex);
    job = take_locked(batch);
    wfp_lock_leave(batch->mutex);
    return job;
}

typedef struct shared_t {
    wfp_batch_t *batch;
    job_t *first; /* all that were begun, in this order */
    int is_empty; /* all were refused: there is nothing to commit */
} shared_t;

static apr_status_t share(wfp_dbd_t *db, void *baton)
{
    shared_t *shared = baton;
    wfp_result_t *res = db->res;
    job_t *job = shared->first;
    int n;
    apr_status_t rv = APR_SUCCESS;

    shared->is_empty = 1;
    for (n = 0; rv == APR_SUCCESS && job && n < SHARED_MAX; n++) {
        rv = do_shared(db, job);
        shared->is_empty = shared->is_empty && job->rv != APR_SUCCESS;
        if (rv == APR_SUCCESS && n + 1 < SHARED_MAX) {
            job->next = take(shared->batch);
        }
        job = job->next;
    }
    db->res = res;
    return rv == APR_SUCCESS && shared->is_empty ? APR_EGENERAL : rv;
}

/* Why nothing came of a shared transaction, in the pool of one of them. */
static apr_status_t give_reason(wfp_result_t *res, const wfp_result_t *why,
                                apr_status_t rv)
{
    rv = wfp_result_set(res, why->code, rv, "%s", why->message);
    return why->about ? wfp_result_about(res, why->about, rv) : rv;
}

static void do_batch(wfp_store_t *store, job_t *first)
{
    shared_t shared = { .batch = store->batch, .first = first };
    wfp_result_t res;
    job_t *job;
    int again;
    apr_status_t rv;

    wfp_result_init(&res, first->pool);
    rv = wfp_dbd_attempt(&again, store, WFP_DBD_WRITE, share, &shared, &res,
                         first->pool);
    if (rv == APR_SUCCESS || (shared.is_empty && !again)) {
        return;
    }
    for (job = first; job; job = job->next) {
        if (job->res) {
            wfp_result_init(job->res, job->res->pool);
        }
        if (again) {
            job->rv = wfp_dbd_alone(store, WFP_DBD_WRITE, job->fn, job->baton,
                                    job->res, job->pool);
        }
        else {
            /* no connection, or nobody knows what became of the COMMIT */
            job->rv = give_reason(job->res, &res, rv);
        }
    }
}

/* --- queueing ------------------------------------------------------------ */

static void finish_locked(wfp_batch_t *batch, job_t *first)
{
    job_t *next;

    while (first) {
        next = first->next; /* once done its owner may be gone */
        first->done = 1;
        first = next;
    }
    batch->busy = batch->first != NULL;
    if (batch->first) {
        batch->first->leads = 1;
    }
    wfp_lock_wake_all(batch->news);
}

apr_status_t wfp_batch_write(wfp_store_t *store, wfp_dbd_fn *fn, void *baton,
                             wfp_result_t *res, apr_pool_t *p)
{
    wfp_batch_t *batch = store->batch;
    job_t job = { .fn = fn, .baton = baton, .res = res, .pool = p };
    job_t *first;

    wfp_lock_take(batch->mutex);
    if (batch->last) {
        batch->last->next = &job;
    }
    else {
        batch->first = &job;
    }
    batch->last = &job;
    job.leads = !batch->busy;
    batch->busy = 1;
    while (!job.done && !job.leads) {
        wfp_lock_wait(batch->news);
    }
    if (!job.done && job.leads) {
        first = take_locked(batch);
        wfp_lock_leave(batch->mutex);
        do_batch(store, first);
        wfp_lock_take(batch->mutex);
        finish_locked(batch, first);
    }
    wfp_lock_leave(batch->mutex);
    return job.rv;
}
