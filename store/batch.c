/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Group commit. All mutations of a database queue for its one row of change
 * numbers, until the COMMIT before is on the disk: alone they are as slow as
 * the disk. So the first thread leads, and those that come while it waits are
 * done together by the next leader. Called by dbd.c.
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
    apr_status_t rv = wfp_dbd_direct(db, "SAVEPOINT mutation");

    if (rv != APR_SUCCESS) {
        return rv;
    }
    db->pool = job->pool;
    db->res = job->res;
    job->rv = job->fn(db, job->baton);
    db->res = NULL;
    if (!db->broken && job->rv != APR_SUCCESS) {
        rv = wfp_dbd_direct(db, "ROLLBACK TO SAVEPOINT mutation");
    }
    if (!db->broken && rv == APR_SUCCESS) {
        rv = wfp_dbd_direct(db, "RELEASE SAVEPOINT mutation");
    }
    return db->broken ? APR_EGENERAL : rv;
}

static apr_status_t share(wfp_dbd_t *db, void *baton)
{
    job_t *job;
    apr_status_t rv = APR_SUCCESS;

    db->res = NULL;
    for (job = baton; job && rv == APR_SUCCESS; job = job->next) {
        rv = do_shared(db, job);
    }
    return rv;
}

static void do_batch(wfp_store_t *store, job_t *first)
{
    wfp_result_t res;
    job_t *job;
    int again;
    apr_status_t rv = APR_SUCCESS;

    if (first->next) {
        wfp_result_init(&res, first->pool);
        rv = wfp_dbd_attempt(&again, store, WFP_DBD_WRITE, share, first, &res,
                             first->pool);
        if (rv == APR_SUCCESS) {
            return;
        }
    }
    for (job = first; job; job = job->next) {
        if (job->res) {
            wfp_result_init(job->res, job->res->pool);
        }
        if (rv != APR_SUCCESS && !again) {
            /* no connection, or nobody knows what became of the COMMIT */
            job->rv = wfp_slot_unavailable(job->res, "a shared transaction",
                                           res.message);
        }
        else {
            job->rv = wfp_dbd_alone(store, WFP_DBD_WRITE, job->fn, job->baton,
                                    job->res, job->pool);
        }
    }
}

/* --- queueing ------------------------------------------------------------ */

/* The front of the queue becomes a list of its own. */
static job_t *take_locked(wfp_batch_t *batch)
{
    job_t *first = batch->first, *job = first;
    int n;

    for (n = 1; n < SHARED_MAX && job->next; n++) {
        job = job->next;
    }
    batch->first = job->next;
    if (!batch->first) {
        batch->last = NULL;
    }
    job->next = NULL;
    return first;
}

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
