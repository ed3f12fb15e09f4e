/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which connections are open, who uses them, who waits. Used by kv.c, which has
 * many files, each of them a little. It must not know what is in them. Files are
 * opened and closed outside of the lock.
 */
#include "services/kv_handles.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "core/lock.h"

/* Between two attempts to open a file. */
#define NAP apr_time_from_msec(5)

struct wfp_kv_handles_t {
    wfp_sqlite_open_t how;
    int open_max;
    int each_max;
    apr_pool_t *pool;
    wfp_lock_t *lock;
    wfp_cond_t *changed;
    /* under lock: */
    wfp_kv_handle_t *used; /* being opened, too */
    wfp_kv_handle_t *idle; /* latest first */
    int open;              /* in both lists, or being closed */
};

apr_status_t wfp_kv_handles_create(wfp_kv_handles_t **ppool,
                                   const wfp_sqlite_open_t *how, int open_max,
                                   int each_max, apr_pool_t *p)
{
    wfp_kv_handles_t *pool = apr_pcalloc(p, sizeof(*pool));

    pool->how = *how;
    pool->open_max = open_max;
    pool->each_max = each_max;
    pool->pool = p;
    *ppool = pool;
    return wfp_lock_make_both(&pool->lock, &pool->changed, p);
}

static void lock(wfp_kv_handles_t *pool)
{
    wfp_lock_take(pool->lock);
}

static void unlock(wfp_kv_handles_t *pool)
{
    wfp_lock_leave(pool->lock);
}

static void drop_locked(wfp_kv_handle_t **list, wfp_kv_handle_t *handle)
{
    while (*list != handle) {
        list = &(*list)->next;
    }
    *list = handle->next;
}

static int is_of(const wfp_kv_handle_t *handle, unsigned hash, const char *path)
{
    return handle->hash == hash && !strcmp(handle->path, path);
}

/* The latest idle one of a file, in use from now on; NULL. */
static wfp_kv_handle_t *find_locked(wfp_kv_handles_t *pool, unsigned hash,
                                    const char *path)
{
    wfp_kv_handle_t *handle = pool->idle;

    while (handle && !is_of(handle, hash, path)) {
        handle = handle->next;
    }
    if (handle) {
        drop_locked(&pool->idle, handle);
        handle->next = pool->used;
        pool->used = handle;
    }
    return handle;
}

static int count_locked(const wfp_kv_handles_t *pool, unsigned hash,
                        const char *path)
{
    const wfp_kv_handle_t *handle;
    int n = 0;

    for (handle = pool->used; handle; handle = handle->next) {
        n += is_of(handle, hash, path);
    }
    return n;
}

/* May one more be opened? *pold: the one that must be closed first, or NULL. */
static int make_room_locked(wfp_kv_handle_t **pold, wfp_kv_handles_t *pool)
{
    wfp_kv_handle_t **link = &pool->idle;

    *pold = NULL;
    if (pool->open < pool->open_max) {
        pool->open++;
        return 1;
    }
    if (!*link) {
        return 0;
    }
    while ((*link)->next) {
        link = &(*link)->next;
    }
    *pold = *link;
    *link = NULL;
    return 1;
}

/* In the list of used ones from now on, not open yet. */
static wfp_kv_handle_t *add_locked(wfp_kv_handles_t *pool, unsigned hash,
                                   const char *path)
{
    wfp_kv_handle_t *handle;
    apr_pool_t *p;

    apr_pool_create(&p, pool->pool);
    apr_pool_tag(p, "wfp_kv_handle");
    handle = apr_pcalloc(p, sizeof(*handle));
    handle->pool = p;
    handle->path = apr_pstrdup(p, path);
    handle->hash = hash;
    handle->next = pool->used;
    pool->used = handle;
    return handle;
}

/* It is in no list, or in that of used ones. */
static void forget(wfp_kv_handles_t *pool, wfp_kv_handle_t *handle)
{
    apr_pool_t *p = handle->pool;

    lock(pool);
    drop_locked(&pool->used, handle);
    unlock(pool);
    apr_pool_destroy(p);
    lock(pool);
    pool->open--;
    wfp_lock_wake_all(pool->changed);
    unlock(pool);
}

/* Until somebody gives one back. */
static apr_status_t wait_locked(wfp_kv_handles_t *pool, apr_time_t until)
{
    apr_time_t now = wfp_clock_now();

    return until > now && !wfp_lock_wait_for(pool->changed, until - now)
               ? APR_SUCCESS
               : APR_TIMEUP;
}

/* One that is open, or that has room to be opened (its db is NULL then). */
static apr_status_t reserve(wfp_kv_handle_t **phandle, wfp_kv_handles_t *pool,
                            const char *path, apr_time_t until)
{
    apr_ssize_t n = APR_HASH_KEY_STRING;
    unsigned hash = apr_hashfunc_default(path, &n);
    wfp_kv_handle_t *old = NULL;
    apr_status_t rv = APR_SUCCESS;

    *phandle = NULL;
    lock(pool);
    while (rv == APR_SUCCESS && !*phandle) {
        *phandle = find_locked(pool, hash, path);
        if (!*phandle && count_locked(pool, hash, path) < pool->each_max
            && make_room_locked(&old, pool)) {
            *phandle = add_locked(pool, hash, path);
        }
        if (!*phandle) {
            rv = wait_locked(pool, until);
        }
    }
    unlock(pool);
    if (old) {
        apr_pool_destroy(old->pool);
    }
    return rv;
}

/* Others may be making a database of the file just now: that is one of the few
 * things that SQLite does not wait for. */
static apr_status_t open_handle(wfp_kv_handle_t *handle,
                                const wfp_sqlite_open_t *how, apr_time_t until,
                                wfp_result_t *res)
{
    apr_status_t rv;

    for (;;) {
        rv = wfp_sqlite_open(&handle->db, handle->path, how, res, handle->pool);
        if (!APR_STATUS_IS_EBUSY(rv) || wfp_clock_now() >= until) {
            return rv;
        }
        handle->db = NULL;
        apr_sleep(NAP);
    }
}

apr_status_t wfp_kv_handles_take(wfp_kv_handle_t **phandle,
                                 wfp_kv_handles_t *pool, const char *path,
                                 int create, apr_time_t until,
                                 wfp_result_t *res)
{
    wfp_sqlite_open_t how = pool->how;
    wfp_kv_handle_t *handle;
    apr_status_t rv;

    how.create = create;
    for (;;) {
        rv = reserve(&handle, pool, path, until);
        if (rv != APR_SUCCESS) {
            return wfp_result_set(res, WFP_TIMEOUT, APR_EBUSY,
                                  "no connection to %s came free", path);
        }
        if (!handle->db) {
            rv = open_handle(handle, &how, until, res);
            break;
        }
        if (!wfp_sqlite_has_moved(handle->db)) {
            break;
        }
        forget(pool, handle);
    }
    if (rv != APR_SUCCESS) {
        forget(pool, handle);
        return rv;
    }
    *phandle = handle;
    return APR_SUCCESS;
}

void wfp_kv_handles_give(wfp_kv_handles_t *pool, wfp_kv_handle_t *handle,
                         int is_broken)
{
    if (is_broken) {
        forget(pool, handle);
        return;
    }
    lock(pool);
    drop_locked(&pool->used, handle);
    handle->next = pool->idle;
    pool->idle = handle;
    wfp_lock_wake_all(pool->changed);
    unlock(pool);
}
