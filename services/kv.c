/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KV: which file or rows a namespace is, and what its asker is told. Called by
 * mod_wfp for Workers and by the REST API. It must not know who asks.
 */
#include "services/kv.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "services/kv_file.h"
#include "store/kv_namespaces.h"
#include "store/kv_values.h"

/* Connections of a child; those of one namespace. Each has three files open. */
#define OPEN_MAX 64
#define EACH_MAX 16

#define ID_SIZE 32
#define SUFFIX  ".sqlite"

/* A sweep: all files, then a rest; a step: one file, a few values at a time. */
#define SWEEP_EVERY apr_time_from_sec(60)
#define SWEEP_TIME  apr_time_from_msec(50)
#define SWEEP_WAIT  apr_time_from_msec(200)
#define SWEEP_MAX   20
#define SWEEP_ROWS  500

struct wfp_kv_t {
    wfp_store_t *store;
    const char *dir;
    wfp_kv_handles_t *files; /* NULL: values are rows of the store */
    struct {                 /* of the one thread that sweeps */
        apr_pool_t *pool;
        apr_dir_t *dir; /* NULL: between two sweeps */
        apr_time_t next;
    } sweep;
};

apr_status_t wfp_kv_create(wfp_kv_t **pkv, wfp_store_t *store, int in_store,
                           const char *data_dir, apr_pool_t *p)
{
    wfp_kv_t *kv = apr_pcalloc(p, sizeof(*kv));

    kv->store = store;
    kv->dir = apr_pstrcat(p, data_dir, "/kv", NULL);
    apr_pool_create(&kv->sweep.pool, p);
    kv->sweep.next = wfp_clock_now() + SWEEP_EVERY;
    *pkv = kv;
    return in_store ? APR_SUCCESS
                    : wfp_kv_handles_create(&kv->files, &wfp_kv_file_how,
                                            OPEN_MAX, EACH_MAX, p);
}

/* ---- files -------------------------------------------------------------------- */

static int is_id(const char *ns)
{
    return strlen(ns) == ID_SIZE && strspn(ns, "0123456789abcdef") == ID_SIZE;
}

static const char *path_of(const wfp_kv_t *kv, const char *ns, apr_pool_t *p)
{
    return apr_pstrcat(p, kv->dir, "/", ns, SUFFIX, NULL);
}

/* What a namespace without a file answers. */
static void answer_empty(wfp_kv_call_t *call)
{
    int i;

    if (call->verb == WFP_KV_LIST) {
        call->count = 0;
        call->complete = 1;
        return;
    }
    for (i = 0; i < call->count && call->verb == WFP_KV_GET; i++) {
        call->items[i].value = NULL;
    }
}

/* The first put: the namespace must be there. */
static apr_status_t make_file(wfp_kv_handle_t **pfile, wfp_kv_t *kv,
                              const char *ns, const wfp_kv_call_t *call,
                              wfp_result_t *res)
{
    wfp_kv_namespace_t *row;
    apr_status_t rv = APR_EGENERAL;

    if (!kv->store) {
        return wfp_result_set(res, WFP_STORE_UNAVAILABLE, rv, NULL);
    }
    rv = wfp_kv_namespaces_get(&row, kv->store, ns, res, call->pool);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = apr_dir_make_recursive(kv->dir,
                                APR_FPROT_UREAD | APR_FPROT_UWRITE
                                    | APR_FPROT_UEXECUTE,
                                call->pool);
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "cannot make %s", kv->dir);
    }
    return wfp_kv_handles_take(pfile, kv->files, path_of(kv, ns, call->pool), 1,
                               call->until, res);
}

static apr_status_t run_in_file(wfp_kv_t *kv, const char *ns,
                                wfp_kv_call_t *call, wfp_result_t *res)
{
    wfp_sqlite_bounds_t bounds = { .until = call->until };
    wfp_kv_handle_t *file;
    apr_status_t rv;

    if (!is_id(ns)) {
        return wfp_result_set(res, WFP_NOT_FOUND, APR_NOTFOUND, "no id");
    }
    rv = wfp_kv_handles_take(&file, kv->files, path_of(kv, ns, call->pool), 0,
                             call->until, res);
    if (APR_STATUS_IS_ENOENT(rv)) {
        if (call->verb != WFP_KV_PUT) {
            answer_empty(call);
            return APR_SUCCESS;
        }
        rv = make_file(&file, kv, ns, call, res);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_sqlite_bound(file->db, &bounds);
    rv = wfp_kv_file_run(file, call, res);
    wfp_sqlite_bound(file->db, NULL);
    wfp_kv_handles_give(kv->files, file,
                        rv != APR_SUCCESS && res->code != WFP_BODY_TOO_LARGE);
    return rv;
}

void wfp_kv_forget(wfp_kv_t *kv, const char *ns, apr_pool_t *p)
{
    const char *path = path_of(kv, ns, p);

    if (kv->files && is_id(ns)) {
        /* not there: nothing was put. Others' connections see that it moved */
        (void)apr_file_remove(path, p);
        (void)apr_file_remove(apr_pstrcat(p, path, "-wal", NULL), p);
        (void)apr_file_remove(apr_pstrcat(p, path, "-shm", NULL), p);
    }
}

/* ---- calls -------------------------------------------------------------------- */

/* What the asker is told of a failure; the rest is for the log. */
static apr_status_t tell(const char **plog, const wfp_kv_call_t *call,
                         apr_status_t rv, wfp_result_t *res)
{
    const char *method = wfp_kv_method(call->verb), *text = res->message;

    if (res->code == WFP_BODY_TOO_LARGE) {
        return rv;
    }
    if (APR_STATUS_IS_NOTFOUND(rv)) {
        return wfp_result_set(res, WFP_KV_ERROR, rv,
                              "KV %s failed: 404 The KV namespace does not "
                              "exist.",
                              method);
    }
    if (APR_STATUS_IS_EBUSY(rv) || APR_STATUS_IS_TIMEUP(rv)) {
        return wfp_result_set(res, WFP_KV_ERROR, APR_EBUSY,
                              "KV %s failed: 503 The KV namespace is busy.",
                              method);
    }
    *plog = text;
    if (res->code == WFP_STORE_UNAVAILABLE) {
        return wfp_result_set(res, WFP_STORE_UNAVAILABLE, rv, NULL);
    }
    if (APR_STATUS_IS_ENOSPC(rv)) {
        return wfp_result_set(res, WFP_KV_ERROR, rv,
                              "KV %s failed: 507 There is no room.", method);
    }
    return wfp_result_set(res, WFP_KV_ERROR, rv,
                          "KV %s failed: 500 Internal error.", method);
}

apr_status_t wfp_kv_run(wfp_kv_t *kv, const char *ns, wfp_kv_call_t *call,
                        const char **plog, wfp_result_t *res)
{
    apr_time_t last = wfp_clock_now() + WFP_KV_WAIT_MAX;
    apr_status_t rv;

    *plog = NULL;
    if (!call->until || call->until > last) {
        call->until = last;
    }
    if (!wfp_kv_call_is_sound(call)) {
        rv = wfp_result_set(res, WFP_INTERNAL, APR_EINVAL,
                            "a KV call that nobody checked");
    }
    else if (kv->files) {
        rv = run_in_file(kv, ns, call, res);
    }
    else if (kv->store) {
        rv = wfp_kv_values_run(kv->store, ns, call, res);
    }
    else {
        rv = wfp_result_set(res, WFP_STORE_UNAVAILABLE, APR_EGENERAL, NULL);
    }
    return rv == APR_SUCCESS ? rv : tell(plog, call, rv, res);
}

/* ---- sweeping ------------------------------------------------------------------- */

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
    return strlen(name) == ID_SIZE + sizeof(SUFFIX) - 1
           && strspn(name, "0123456789abcdef") == ID_SIZE
           && !strcmp(name + ID_SIZE, SUFFIX);
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
    kv->sweep.next = wfp_clock_now() + SWEEP_EVERY;
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
        kv->sweep.next = wfp_clock_now() + SWEEP_EVERY;
    }
    return rv;
}
