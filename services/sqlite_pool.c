/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open connections and prepared statements, kept. A connection has a pool of
 * its own below the child's. Links are under the lock; opening and closing, a
 * dozen system calls, are not.
 */
#include "services/sqlite_pool.h"

#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <string.h>

/* Statements kept a connection, and the longest text that is worth it. */
#define STATEMENTS 16
#define TEXT_MAX   1000

typedef struct kept_t {
    wfp_sqlite_stmt_t *stmt; /* NULL: a free place */
    unsigned used;           /* when, in calls */
    int is_taken;
    apr_size_t n;
    apr_size_t took; /* of the text */
    int value_max;
    char text[TEXT_MAX];
} kept_t;

struct wfp_sqlite_held_t {
    wfp_sqlite_held_t *next; /* idle, the latest first */
    wfp_sqlite_pool_t *pool;
    apr_pool_t *p;
    wfp_sqlite_t *db;
    const char *path;
    unsigned calls;
    kept_t kept[STATEMENTS];
};

struct wfp_sqlite_pool_t {
    const wfp_sqlite_open_t *how;
    int idle_max;
    apr_pool_t *p;
    apr_thread_mutex_t *lock;
    /* under lock: */
    wfp_sqlite_held_t *idle;
    int idle_count;
};

static void lock(wfp_sqlite_pool_t *pool)
{
    (void)apr_thread_mutex_lock(pool->lock); /* cannot fail: our own */
}

static void unlock(wfp_sqlite_pool_t *pool)
{
    (void)apr_thread_mutex_unlock(pool->lock);
}

apr_status_t wfp_sqlite_pool_create(wfp_sqlite_pool_t **ppool,
                                    const wfp_sqlite_open_t *how, int idle_max,
                                    apr_pool_t *p)
{
    wfp_sqlite_pool_t *pool = apr_pcalloc(p, sizeof(*pool));

    pool->how = how;
    pool->idle_max = idle_max;
    pool->p = p;
    *ppool = pool;
    return apr_thread_mutex_create(&pool->lock, APR_THREAD_MUTEX_DEFAULT, p);
}

static void destroy(wfp_sqlite_held_t *held)
{
    apr_pool_destroy(held->p);
}

static wfp_sqlite_held_t *take_idle(wfp_sqlite_pool_t *pool, const char *path)
{
    wfp_sqlite_held_t **link, *held;

    lock(pool);
    for (link = &pool->idle; *link; link = &(*link)->next) {
        if (!strcmp((*link)->path, path)) {
            break;
        }
    }
    held = *link;
    if (held) {
        *link = held->next;
        pool->idle_count--;
    }
    unlock(pool);
    return held;
}

apr_status_t wfp_sqlite_pool_take(wfp_sqlite_held_t **pheld,
                                  wfp_sqlite_pool_t *pool, const char *path,
                                  wfp_result_t *res)
{
    wfp_sqlite_held_t *held;
    apr_pool_t *p;
    apr_status_t rv;

    while ((held = take_idle(pool, path)) != NULL) {
        if (!wfp_sqlite_has_moved(held->db)) {
            *pheld = held;
            return APR_SUCCESS;
        }
        destroy(held);
    }
    apr_pool_create(&p, pool->p);
    held = apr_pcalloc(p, sizeof(*held));
    held->pool = pool;
    held->p = p;
    held->path = apr_pstrdup(p, path);
    rv = wfp_sqlite_open(&held->db, held->path, pool->how, res, p);
    if (rv != APR_SUCCESS) {
        apr_pool_destroy(p);
        return rv;
    }
    *pheld = held;
    return APR_SUCCESS;
}

/* The idle one that was used longest ago, when there are too many. */
static wfp_sqlite_held_t *evict_locked(wfp_sqlite_pool_t *pool)
{
    wfp_sqlite_held_t **link = &pool->idle, *held;

    if (pool->idle_count <= pool->idle_max) {
        return NULL;
    }
    while ((*link)->next) {
        link = &(*link)->next;
    }
    held = *link;
    *link = NULL;
    pool->idle_count--;
    return held;
}

void wfp_sqlite_pool_give(wfp_sqlite_held_t *held)
{
    wfp_sqlite_pool_t *pool = held->pool;
    wfp_sqlite_held_t *old;

    wfp_sqlite_bound(held->db, NULL);
    if (wfp_sqlite_rollback(held->db) != APR_SUCCESS) {
        destroy(held);
        return;
    }
    wfp_sqlite_forget(held->db);
    lock(pool);
    held->next = pool->idle;
    pool->idle = held;
    pool->idle_count++;
    old = evict_locked(pool);
    unlock(pool);
    if (old) {
        destroy(old);
    }
}

void wfp_sqlite_pool_drop(wfp_sqlite_pool_t *pool, const char *path)
{
    wfp_sqlite_held_t *held;

    while ((held = take_idle(pool, path)) != NULL) {
        destroy(held);
    }
}

wfp_sqlite_t *wfp_sqlite_pool_db(wfp_sqlite_held_t *held)
{
    return held->db;
}

/* ---- statements ------------------------------------------------------------ */

static kept_t *find_kept(wfp_sqlite_held_t *held, const char *sql, apr_size_t n)
{
    int i;

    for (i = 0; i < STATEMENTS; i++) {
        kept_t *kept = &held->kept[i];

        if (kept->stmt && kept->n == n && !kept->is_taken
            && !memcmp(kept->text, sql, n)) {
            return kept;
        }
    }
    return NULL;
}

/* A place for one more: a free one, or that of the one used longest ago. */
static kept_t *find_place(wfp_sqlite_held_t *held)
{
    kept_t *place = NULL;
    int i;

    for (i = 0; i < STATEMENTS; i++) {
        kept_t *kept = &held->kept[i];

        if (!kept->stmt) {
            return kept;
        }
        if (!kept->is_taken
            && (!place
                || held->calls - kept->used > held->calls - place->used)) {
            place = kept;
        }
    }
    if (place) {
        wfp_sqlite_finalize(place->stmt);
        place->stmt = NULL;
    }
    return place;
}

apr_status_t wfp_sqlite_pool_prepare(wfp_sqlite_stmt_t **pstmt,
                                     wfp_sqlite_held_t *held, const char *sql,
                                     apr_size_t n, apr_size_t *pused,
                                     wfp_result_t *res)
{
    kept_t *kept = n <= TEXT_MAX ? find_kept(held, sql, n) : NULL;
    apr_size_t used;
    apr_status_t rv;

    held->calls++;
    if (!kept) {
        rv = wfp_sqlite_prepare(pstmt, held->db, sql, n, &used, res);
        if (pused) {
            *pused = used;
        }
        if (rv != APR_SUCCESS || !*pstmt || n > TEXT_MAX) {
            return rv;
        }
        kept = find_place(held);
        if (!kept) {
            return APR_SUCCESS;
        }
        kept->stmt = *pstmt;
        kept->n = n;
        kept->took = used;
        kept->value_max = wfp_sqlite_value_max(held->db);
        memcpy(kept->text, sql, n);
    }
    else {
        wfp_sqlite_set_value_max(held->db, kept->value_max);
        if (pused) {
            *pused = kept->took;
        }
    }
    kept->used = held->calls;
    kept->is_taken = 1;
    *pstmt = kept->stmt;
    return APR_SUCCESS;
}

void wfp_sqlite_pool_release(wfp_sqlite_held_t *held, wfp_sqlite_stmt_t *stmt,
                             int stale)
{
    int i;

    for (i = 0; i < STATEMENTS; i++) {
        kept_t *kept = &held->kept[i];

        if (kept->stmt == stmt) {
            kept->is_taken = 0;
            if (!stale) {
                wfp_sqlite_reset(stmt);
                return;
            }
            kept->stmt = NULL;
            break;
        }
    }
    wfp_sqlite_finalize(stmt);
}
