/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KV: which file or rows a namespace is, and what its asker is told. Called by
 * mod_wfp for Workers and by the REST API. It must not know who asks.
 */
#include "services/kv_inside.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "store/kv_namespaces.h"
#include "store/kv_values.h"

/* Connections of a child; those of one namespace. Each has three files open. */
#define OPEN_MAX 64
#define EACH_MAX 16

static int is_id(const char *ns)
{
    return strlen(ns) == WFP_KV_ID_SIZE
           && strspn(ns, "0123456789abcdef") == WFP_KV_ID_SIZE;
}

static const char *path_of(const wfp_kv_t *kv, const char *ns, apr_pool_t *p)
{
    return apr_pstrcat(p, kv->dir, "/", ns, WFP_KV_SUFFIX, NULL);
}

apr_status_t wfp_kv_create(wfp_kv_t **pkv, const wfp_kv_config_t *config,
                           apr_pool_t *p)
{
    wfp_kv_t *kv = apr_pcalloc(p, sizeof(*kv));
    wfp_sqlite_open_t how = wfp_kv_file_how;
    apr_status_t rv = apr_thread_mutex_create(&kv->opening,
                                              APR_THREAD_MUTEX_DEFAULT, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    kv->pool = p;
    kv->store = config->store;
    kv->cache = config->cache;
    kv->bytes_max = config->bytes_max;
    how.file_max = config->bytes_max;
    if (kv->cache && config->in_store) {
        wfp_kv_cache_follow(kv->cache);
    }
    kv->dir = apr_pstrcat(p, config->data_dir, "/kv", NULL);
    apr_pool_create(&kv->sweep.pool, p);
    kv->sweep.next = wfp_clock_now() + WFP_KV_SWEEP_EVERY;
    *pkv = kv;
    return config->in_store
               ? APR_SUCCESS
               : wfp_kv_handles_create(&kv->files, &how, OPEN_MAX, EACH_MAX, p);
}

apr_int64_t wfp_kv_size(wfp_kv_t *kv, const char *ns, wfp_result_t *res,
                        apr_pool_t *p)
{
    wfp_kv_namespace_t *row;
    apr_finfo_t info;

    if (kv->files) {
        return is_id(ns)
                       && apr_stat(&info, path_of(kv, ns, p), APR_FINFO_SIZE, p)
                              == APR_SUCCESS
                   ? (apr_int64_t)info.size
                   : 0;
    }
    return kv->store
                   && wfp_kv_namespaces_get(&row, kv->store, ns, res, p)
                          == APR_SUCCESS
               ? row->bytes
               : 0;
}

/* ---- files -------------------------------------------------------------------- */

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
        if (call->match) {
            const wfp_kv_item_t none = { 0 };

            rv = wfp_kv_check_match(call, &none, res);
            if (rv != APR_SUCCESS) {
                return rv;
            }
        }
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

static apr_status_t run_anywhere(wfp_kv_t *kv, const char *ns,
                                 wfp_kv_call_t *call, wfp_result_t *res)
{
    if (kv->files) {
        return run_in_file(kv, ns, call, res);
    }
    return kv->store
               ? wfp_kv_values_run(kv->store, ns, call, kv->bytes_max, res)
               : wfp_result_set(res, WFP_STORE_UNAVAILABLE, APR_EGENERAL, NULL);
}

/* ---- what is remembered --------------------------------------------------------- */

/* The folder may be made after the server has begun. Who cannot tell others that
 * he writes must not write. */
static apr_status_t clock_of(wfp_kv_clock_t **pclock, wfp_kv_t *kv,
                             wfp_result_t *res)
{
    apr_status_t rv;

    *pclock = __atomic_load_n(&kv->clock, __ATOMIC_ACQUIRE);
    if (*pclock) {
        return APR_SUCCESS;
    }
    rv = apr_thread_mutex_lock(kv->opening);
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "a mutex failed");
    }
    *pclock = kv->clock;
    if (!*pclock) {
        rv = wfp_kv_clock_open(pclock, kv->dir, res, kv->pool);
        if (rv == APR_SUCCESS) {
            __atomic_store_n(&kv->clock, *pclock, __ATOMIC_RELEASE);
        }
    }
    (void)apr_thread_mutex_unlock(kv->opening); /* it is held */
    return rv;
}

/* A key that the cache had no answer for. */
typedef struct missed_t {
    wfp_kv_item_t *item;
    wfp_kv_place_t place;
    apr_int64_t number;
    int is_still;
} missed_t;

/* What was found takes its part of the bytes that there may be. */
static apr_status_t take_found(wfp_kv_item_t *item, apr_size_t *left,
                               const wfp_kv_call_t *call, wfp_result_t *res)
{
    if (!item->value) {
        return APR_SUCCESS;
    }
    if (call->no_values) {
        item->value = "";
        item->value_size = 0;
    }
    if (item->value_size > *left) {
        return wfp_result_set(res, WFP_BODY_TOO_LARGE, APR_ENOSPC, NULL);
    }
    *left -= item->value_size;
    return APR_SUCCESS;
}

/* Ask for those that were missed, and remember them. */
static apr_status_t get_missed(wfp_kv_t *kv, const char *ns,
                               const wfp_kv_call_t *call, missed_t *missed,
                               int count, wfp_result_t *res)
{
    wfp_kv_call_t rest = *call;
    apr_status_t rv;
    int i;

    rest.count = count;
    rest.items = apr_palloc(call->pool,
                            (apr_size_t)count * sizeof(*rest.items));
    for (i = 0; i < count; i++) {
        rest.items[i] = *missed[i].item;
    }
    rv = run_anywhere(kv, ns, &rest, res);
    for (i = 0; rv == APR_SUCCESS && i < count; i++) {
        *missed[i].item = rest.items[i];
        if (missed[i].is_still && !(call->no_values && rest.items[i].value)) {
            (void)wfp_kv_cache_put(kv->cache, ns, &missed[i].place,
                                   missed[i].number, &rest.items[i],
                                   call->pool);
        }
    }
    return rv;
}

static apr_status_t get_all(wfp_kv_t *kv, const char *ns, wfp_kv_call_t *call,
                            wfp_result_t *res)
{
    missed_t *missed = NULL;
    wfp_kv_call_t asked = *call;
    wfp_kv_clock_t *clock;
    int i, count = 0;
    apr_status_t rv = clock_of(&clock, kv, res);

    for (i = 0; rv == APR_SUCCESS && i < call->count; i++) {
        wfp_kv_item_t *item = &call->items[i];
        wfp_kv_place_t place;
        apr_int64_t number;

        wfp_kv_clock_place(&place, ns, item->key, item->key_size);
        number = wfp_kv_clock_read(clock, &place);
        if (wfp_kv_cache_get(item, kv->cache, ns, &place, number, call->pool)) {
            rv = take_found(item, &asked.max, call, res);
            continue;
        }
        if (!missed) {
            missed = apr_palloc(call->pool,
                                (apr_size_t)call->count * sizeof(*missed));
        }
        missed[count].item = item;
        missed[count].place = place;
        missed[count].number = number;
        missed[count++].is_still = wfp_kv_clock_is_still(clock, &place);
    }
    return rv == APR_SUCCESS && count
               ? get_missed(kv, ns, &asked, missed, count, res)
               : rv;
}

/* Tell all others, do it, and tell them again. */
static apr_status_t write_all(wfp_kv_t *kv, const char *ns, wfp_kv_call_t *call,
                              wfp_result_t *res)
{
    const wfp_kv_item_t *only = call->count == 1 ? call->items : NULL;
    wfp_kv_clock_t *clock;
    wfp_kv_place_t place;
    wfp_kv_write_t write;
    apr_status_t rv = clock_of(&clock, kv, res);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_kv_clock_place(&place, ns, only ? only->key : NULL,
                       only ? only->key_size : 0);
    rv = wfp_kv_clock_begin(&write, clock, &place, call->until);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = run_anywhere(kv, ns, call, res);
    wfp_kv_clock_end(clock, &write);
    return rv;
}

static void remove_files(const wfp_kv_t *kv, const char *ns, apr_pool_t *p)
{
    const char *path = path_of(kv, ns, p);

    /* not there: nothing was put. Others' connections see that it moved */
    (void)apr_file_remove(path, p);
    (void)apr_file_remove(apr_pstrcat(p, path, "-wal", NULL), p);
    (void)apr_file_remove(apr_pstrcat(p, path, "-shm", NULL), p);
}

void wfp_kv_forget(wfp_kv_t *kv, const char *ns, apr_pool_t *p)
{
    wfp_kv_clock_t *clock;
    wfp_result_t res;

    if (!is_id(ns)) {
        return;
    }
    if (kv->files) {
        remove_files(kv, ns, p);
    }
    wfp_result_init(&res, p);
    if (clock_of(&clock, kv, &res) == APR_SUCCESS) {
        wfp_kv_clock_tell(clock, ns); /* whoever reads now finds nothing */
    }
}

apr_status_t wfp_kv_changed(wfp_kv_t *kv, const char *name, wfp_result_t *res)
{
    wfp_kv_clock_t *clock;
    apr_status_t rv = kv->files ? APR_SUCCESS : clock_of(&clock, kv, res);

    if (!kv->files && rv == APR_SUCCESS) {
        wfp_kv_clock_tell(clock, name);
    }
    return rv;
}

void wfp_kv_followed(wfp_kv_t *kv, apr_time_t when)
{
    if (kv->cache) {
        wfp_kv_cache_followed(kv->cache, when);
    }
}

/* ---- calls -------------------------------------------------------------------- */

/* What the asker is told of a failure; the rest is for the log. */
static apr_status_t tell(const char **plog, const wfp_kv_t *kv,
                         const wfp_kv_call_t *call, apr_status_t rv,
                         wfp_result_t *res)
{
    const char *method = wfp_kv_method(call->verb), *text = res->message;

    if (res->code == WFP_BODY_TOO_LARGE || res->code == WFP_CONFLICT) {
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
    if (APR_STATUS_IS_ENOSPC(rv) && kv->bytes_max) {
        return wfp_result_set(res, WFP_QUOTA_EXCEEDED, rv,
                              "KV %s failed: 507 The KV namespace is full.",
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
    else if (call->verb == WFP_KV_GET && kv->cache) {
        rv = get_all(kv, ns, call, res);
    }
    else if (call->verb == WFP_KV_PUT || call->verb == WFP_KV_DELETE) {
        rv = write_all(kv, ns, call, res);
    }
    else {
        rv = run_anywhere(kv, ns, call, res);
    }
    return rv == APR_SUCCESS ? rv : tell(plog, kv, call, rv, res);
}
