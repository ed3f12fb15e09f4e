/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removing values that expired, a bounded step at a time. Called by the process
 * that follows the store; safe beside calls of any process.
 */
#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "services/kv_inside.h"
#include "store/kv_values.h"

/* A step: one file, a few values at a time. */
#define SWEEP_TIME apr_time_from_msec(50)
#define SWEEP_WAIT apr_time_from_msec(200)
#define SWEEP_MAX  20
#define SWEEP_ROWS 500

static apr_status_t sweep_file(wfp_kv_t *kv, const char *name,
                               wfp_result_t *res)
{
    apr_time_t now = wfp_clock_now(), until = now + SWEEP_TIME;
    wfp_sqlite_bounds_t bounds = { .until = now + SWEEP_WAIT };
    const char *path = apr_pstrcat(kv->sweep.pool, kv->dir, "/", name, NULL);
    wfp_kv_handle_t *file;
    int count = SWEEP_MAX;
    apr_status_t rv = wfp_kv_handles_take(&file, kv->files, path, 0,
                                          bounds.until, res);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_sqlite_bound(file->db, &bounds);
    while (rv == APR_SUCCESS && count == SWEEP_MAX && wfp_clock_now() < until) {
        rv = wfp_kv_file_sweep(&count, file, SWEEP_MAX, res);
    }
    wfp_sqlite_bound(file->db, NULL);
    wfp_kv_handles_give(kv->files, file, rv != APR_SUCCESS);
    return rv;
}

static int is_file_of_ours(const char *name)
{
    return strlen(name) == WFP_KV_ID_SIZE + sizeof(WFP_KV_SUFFIX) - 1
           && strspn(name, "0123456789abcdef") == WFP_KV_ID_SIZE
           && !strcmp(name + WFP_KV_ID_SIZE, WFP_KV_SUFFIX);
}

/* The next file; NULL: the sweep is over. */
static const char *next_file(wfp_kv_t *kv)
{
    apr_finfo_t info;

    while (apr_dir_read(&info, APR_FINFO_NAME, kv->sweep.dir) == APR_SUCCESS) {
        if (is_file_of_ours(info.name)) {
            return info.name;
        }
    }
    return NULL;
}

static apr_status_t sweep_files(wfp_kv_t *kv, wfp_result_t *res)
{
    const char *name;

    if (!kv->sweep.dir
        && apr_dir_open(&kv->sweep.dir, kv->dir, kv->sweep.pool)
               != APR_SUCCESS) {
        kv->sweep.dir = NULL; /* nothing was ever put */
    }
    name = kv->sweep.dir ? next_file(kv) : NULL;
    if (name) {
        return sweep_file(kv, name, res);
    }
    kv->sweep.next = wfp_clock_now() + WFP_KV_SWEEP_EVERY;
    kv->sweep.dir = NULL;
    apr_pool_clear(kv->sweep.pool);
    return APR_SUCCESS;
}

apr_status_t wfp_kv_sweep(wfp_kv_t *kv, wfp_result_t *res)
{
    apr_status_t rv;
    int count = 0;

    if (wfp_clock_now() < kv->sweep.next) {
        return APR_SUCCESS;
    }
    if (kv->files) {
        return sweep_files(kv, res);
    }
    rv = wfp_kv_values_sweep(&count, kv->store, SWEEP_ROWS, res,
                             kv->sweep.pool);
    apr_pool_clear(kv->sweep.pool);
    if (rv != APR_SUCCESS || count < SWEEP_ROWS) {
        kv->sweep.next = wfp_clock_now() + WFP_KV_SWEEP_EVERY;
    }
    return rv;
}
