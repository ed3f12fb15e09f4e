/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removing files of R2: those that the store says are due, uploads that are too
 * old, and on a walk through all directories, once when a process begins and
 * then each hour, what a process that was killed left behind.
 */
#include <apr_file_info.h>
#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "services/r2_inside.h"

#define DUE_MAX    50
#define DUE_EVERY  apr_time_from_sec(10)
#define WALK_MAX   100
#define WALK_EVERY apr_time_from_sec(3600)

/* ---- what the store knows of ------------------------------------------------------ */

static apr_status_t remove_due(int *pcount, wfp_r2_t *r2, wfp_result_t *res)
{
    apr_pool_t *p = r2->sweep.pool;
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
        (void)apr_file_remove(wfp_r2_files_path(r2, id, "", p), p);
    }
    return files->nelts ? wfp_r2_files_forget(r2->store, files, res, p) : rv;
}

static apr_status_t sweep_due(wfp_r2_t *r2, wfp_result_t *res)
{
    apr_time_t before = apr_time_now() - apr_time_from_sec(WFP_R2_UPLOAD_LIFE);
    int count = 0, found = 0;
    apr_status_t rv = remove_due(&count, r2, res);

    if (rv == APR_SUCCESS && count < DUE_MAX) {
        rv = wfp_r2_files_expire(&found, r2->store, before, res,
                                 r2->sweep.pool);
    }
    if (rv != APR_SUCCESS || (count < DUE_MAX && !found)) {
        r2->sweep.next_due = wfp_clock_now() + DUE_EVERY;
    }
    apr_pool_clear(r2->sweep.pool);
    return rv;
}

/* ---- what it does not know of ------------------------------------------------------ */

/* A file that nobody writes. @param is_new  ID.tmp */
static apr_status_t look_at(wfp_r2_t *r2, const char *id, int is_new,
                            apr_file_t *file, wfp_result_t *res, apr_pool_t *p)
{
    apr_finfo_t info;
    int known = 0;
    apr_status_t rv = APR_SUCCESS;

    if (wfp_r2_files_hold(file) != APR_SUCCESS
        || apr_file_info_get(&info, APR_FINFO_MTIME, file) != APR_SUCCESS
        || (!is_new && info.mtime + r2->grace > apr_time_now())) {
        return rv;
    }
    if (!is_new) {
        rv = wfp_r2_files_known(&known, r2->store, id, res, p);
    }
    if (rv == APR_SUCCESS && !known) {
        /* else the next walk */
        (void)apr_file_remove(wfp_r2_files_path(r2, id,
                                                is_new ? WFP_R2_TMP : "", p),
                              p);
    }
    return rv;
}

static apr_status_t check_file(wfp_r2_t *r2, const char *name,
                               wfp_result_t *res)
{
    int is_new = strlen(name) == WFP_R2_ID_SIZE + sizeof(WFP_R2_TMP) - 1
                 && !strcmp(name + WFP_R2_ID_SIZE, WFP_R2_TMP);
    apr_file_t *file;
    const char *id;
    apr_pool_t *p;
    apr_status_t rv = APR_SUCCESS;

    if ((!is_new && strlen(name) != WFP_R2_ID_SIZE)
        || strspn(name, "0123456789abcdef") != WFP_R2_ID_SIZE) {
        return rv; /* none of ours */
    }
    apr_pool_create(&p, r2->sweep.pool);
    id = apr_pstrmemdup(p, name, WFP_R2_ID_SIZE);
    if (apr_file_open(&file,
                      wfp_r2_files_path(r2, id, is_new ? WFP_R2_TMP : "", p),
                      APR_FOPEN_READ, 0, p)
        == APR_SUCCESS) {
        rv = look_at(r2, id, is_new, file, res, p);
    }
    apr_pool_destroy(p);
    return rv;
}

/* The next directory. @return 0: the walk is over */
static int open_next(wfp_r2_t *r2)
{
    while (!r2->sweep.dir && r2->sweep.number < WFP_R2_DIRS) {
        const char *path = apr_psprintf(r2->sweep.pool, "%s/%02x", r2->dir,
                                        (unsigned)r2->sweep.number++);

        if (apr_dir_open(&r2->sweep.dir, path, r2->sweep.pool) != APR_SUCCESS) {
            r2->sweep.dir = NULL; /* nothing was ever put there */
        }
    }
    return r2->sweep.dir != NULL;
}

static apr_status_t sweep_walk(wfp_r2_t *r2, wfp_result_t *res)
{
    apr_finfo_t info;
    int i;
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; rv == APR_SUCCESS && i < WALK_MAX; i++) {
        if (!open_next(r2)) {
            r2->sweep.number = 0;
            r2->sweep.next_walk = wfp_clock_now() + WALK_EVERY;
            apr_pool_clear(r2->sweep.pool);
            return rv;
        }
        if (apr_dir_read(&info, APR_FINFO_NAME, r2->sweep.dir) != APR_SUCCESS) {
            r2->sweep.dir = NULL;
            apr_pool_clear(r2->sweep.pool);
        }
        else {
            rv = check_file(r2, info.name, res);
        }
    }
    return rv;
}

apr_status_t wfp_r2_sweep(wfp_r2_t *r2, wfp_result_t *res)
{
    apr_time_t now = wfp_clock_now();

    if (!r2->store) {
        return APR_SUCCESS;
    }
    if (!r2->sweep.dir && now >= r2->sweep.next_due) {
        return sweep_due(r2, res);
    }
    return now >= r2->sweep.next_walk ? sweep_walk(r2, res) : APR_SUCCESS;
}
