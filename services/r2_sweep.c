/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removing files of R2: those that the store says are due, uploads that are too
 * old, and on a walk through all directories, once when a process begins and
 * then each hour, what a process that was killed left behind.
 */
#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "services/r2_inside.h"

#define DUE_MAX    50
#define DUE_EVERY  apr_time_from_sec(10)
#define WALK_TIME  apr_time_from_msec(50)
#define WALK_EVERY apr_time_from_sec(3600)

/* A file that nobody writes to any more has its row by then, or never. */
#define ORPHAN_AGE apr_time_from_sec(3600)

/* ---- what the store knows of ------------------------------------------------------ */

static apr_status_t remove_due(int *pcount, wfp_r2_t *r2, wfp_result_t *res,
                               apr_pool_t *p)
{
    apr_array_header_t *files;
    int i;
    apr_status_t rv = wfp_r2_files_due(&files, r2->store, DUE_MAX, res, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    *pcount = files->nelts;
    for (i = 0; i < files->nelts; i++) {
        const char *id = APR_ARRAY_IDX(files, i, const char *);

        /* what cannot be removed now is found on a walk */
        wfp_blobs_remove(r2->blobs, wfp_r2_group(id, p), id, p);
    }
    return files->nelts ? wfp_r2_files_forget(r2->store, files, res, p) : rv;
}

static apr_status_t sweep_due(wfp_r2_t *r2, wfp_result_t *res)
{
    apr_time_t before = apr_time_now() - apr_time_from_sec(WFP_R2_UPLOAD_LIFE);
    int count = 0, found = 0;
    apr_pool_t *p;
    apr_status_t rv;

    apr_pool_create(&p, r2->sweep.pool);
    rv = remove_due(&count, r2, res, p);

    if (rv == APR_SUCCESS && count < DUE_MAX) {
        rv = wfp_r2_files_expire(&found, r2->store, before, res, p);
    }
    if (rv != APR_SUCCESS || (count < DUE_MAX && !found)) {
        r2->sweep.next_due = wfp_clock_now() + DUE_EVERY;
    }
    apr_pool_destroy(p);
    return rv;
}

/* ---- what it does not know of ------------------------------------------------------ */

typedef struct looking_t {
    wfp_r2_t *r2;
    wfp_result_t *res;
    apr_status_t rv;
} looking_t;

/* wfp_blobs_keep_fn */
static int is_known(void *baton, const char *name)
{
    looking_t *l = baton;
    int known = 1;

    if (l->rv == APR_SUCCESS) {
        l->rv = wfp_r2_files_known(&known, l->r2->store, name, l->res,
                                   l->r2->sweep.pool);
    }
    return known || l->rv != APR_SUCCESS;
}

static void end_walk(wfp_r2_t *r2)
{
    r2->sweep.group = "";
    r2->sweep.next_walk = wfp_clock_now() + WALK_EVERY;
}

static apr_status_t sweep_walk(wfp_r2_t *r2, wfp_result_t *res)
{
    apr_time_t before = apr_time_now() - ORPHAN_AGE;
    apr_time_t until = wfp_clock_now() + WALK_TIME;
    looking_t looking = { r2, res, APR_SUCCESS };
    const char *group = r2->sweep.group;
    char last[8];
    apr_status_t rv = APR_SUCCESS;

    apr_cpystrn(last, group, sizeof(last));
    do {
        rv = wfp_blobs_next(&group, r2->blobs, last, r2->sweep.pool);
        if (rv == APR_SUCCESS && group) {
            rv = wfp_blobs_sweep(NULL, r2->blobs, group, before, is_known,
                                 &looking, r2->sweep.pool);
            apr_cpystrn(last, group, sizeof(last));
        }
        rv = looking.rv != APR_SUCCESS ? looking.rv : rv;
    } while (rv == APR_SUCCESS && group && wfp_clock_now() < until);
    apr_pool_clear(r2->sweep.pool);
    r2->sweep.group = apr_pstrdup(r2->sweep.pool, last);
    if (rv != APR_SUCCESS || !group) {
        end_walk(r2);
    }
    return rv;
}

apr_status_t wfp_r2_sweep(wfp_r2_t *r2, wfp_result_t *res)
{
    apr_time_t now = wfp_clock_now();

    if (!r2->store) {
        return APR_SUCCESS;
    }
    if (now >= r2->sweep.next_due) {
        return sweep_due(r2, res);
    }
    return now >= r2->sweep.next_walk ? sweep_walk(r2, res) : APR_SUCCESS;
}
