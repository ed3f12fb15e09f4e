/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections of apr_dbd in slots counted by apr_reslist, connected by the
 * thread that first uses them (so that a dead database holds no lock), thrown
 * away whole after any failure: the pgsql driver loses prepared statements
 * when it reconnects by itself, and SQLite's are stale after a migration.
 * Called by dbd.c. It must not know any table.
 */
#include "store/slot.h"

#include <apr_allocator.h>
#include <apr_atomic.h>
#include <apr_file_info.h>
#include <apr_strings.h>
#include <apr_thread_mutex.h>
#include <string.h>

#include "store/batch.h"
#include "store/pending.h"
#include "store/schema.h"
#include "store/sqlstate.h"


/* SQLITE_BUSY and SQLITE_CANTOPEN, as the driver hands them on */
#define SQLITE_IS_BUSY  5
#define SQLITE_CANTOPEN 14
#define SETUP_TRIES     50
#define SETUP_PAUSE     (20 * 1000)

#define SLOTS_MAX  16
#define SLOTS_IDLE 4
#define SLOT_TTL   (300 * APR_USEC_PER_SEC)
#define SLOT_WAIT  (5 * APR_USEC_PER_SEC)
/* after a failed connect, or another schema, nobody tries for this long */
#define DOWN_PAUSE 1 /* s */

#define PGSQL_SETUP                                                            \
    "SET client_encoding = 'UTF8';"                                            \
    "SET statement_timeout = '15s';"                                           \
    "SET idle_in_transaction_session_timeout = '30s'"

int wfp_slot_is_sqlite(const wfp_store_t *store)
{
    return store->lock != NULL;
}

/* PostgreSQL's code says it for sure: a text may have what a tenant wrote. Where
 * there is none, as SQLite and PostgreSQL in English say it. */
static int is_about_room(const char *why)
{
    char state[WFP_SQLSTATE_SIZE];

    if (wfp_sqlstate_read(state, why)) {
        return !strcmp(state, "53100");
    }
    return strstr(why, "disk is full")
           || strstr(why, "No space left on device");
}

apr_status_t wfp_slot_unavailable(wfp_result_t *res, const char *what,
                                  const char *why)
{
    const char *told = why && *why ? why : "no reason given";
    apr_status_t rv = wfp_result_set(res, WFP_STORE_UNAVAILABLE, APR_EGENERAL,
                                     "Store unavailable: %s: %.*s", what,
                                     (int)wfp_sqlstate_length(told), told);

    return is_about_room(told) ? wfp_result_about(res, WFP_ABOUT_ROOM, rv) : rv;
}

/* --- slots --------------------------------------------------------------- */

static apr_status_t slot_close(void *data)
{
    wfp_slot_t *slot = data;

    if (slot->handle) {
        /* rolls back what was open; its failure changes nothing for us */
        (void)apr_dbd_close(slot->store->driver, slot->handle);
    }
    slot->handle = NULL;
    slot->prepared = NULL;
    slot->pending = NULL;
    slot->conn_pool = NULL;
    return APR_SUCCESS;
}

void wfp_slot_discard(wfp_slot_t *slot)
{
    if (slot->conn_pool) {
        apr_pool_destroy(slot->conn_pool);
    }
}

static apr_status_t slot_make(void **pslot, void *params, apr_pool_t *p)
{
    wfp_slot_t *slot;
    apr_pool_t *pool;
    apr_status_t rv = apr_pool_create(&pool, p);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    slot = apr_pcalloc(pool, sizeof(*slot));
    slot->pool = pool;
    slot->store = params;
    *pslot = slot;
    return APR_SUCCESS;
}

static apr_status_t slot_destroy(void *resource, void *params, apr_pool_t *p)
{
    wfp_slot_t *slot = resource;

    apr_pool_destroy(slot->pool);
    return APR_SUCCESS;
}

/* SQLite's settings of a connection. journal_mode answers with a row, which
 * apr_dbd_query() would take for a failure. */
static int setup_sqlite_once(wfp_store_t *store, wfp_slot_t *slot)
{
    apr_dbd_results_t *results = NULL;
    apr_dbd_row_t *row = NULL;
    const char *mode;
    int n, rc;

    rc = apr_dbd_query(store->driver, slot->handle, &n,
                       "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON");
    if (rc == 0) {
        rc = apr_dbd_select(store->driver, slot->conn_pool, slot->handle,
                            &results, "PRAGMA journal_mode", 0);
    }
    if (rc != 0) {
        return rc;
    }
    if (apr_dbd_get_row(store->driver, slot->conn_pool, results, &row, -1)) {
        return -1;
    }
    mode = apr_dbd_get_entry(store->driver, row, 0);
    if (mode && strcmp(mode, "wal") == 0) {
        return 0;
    }
    /* a new file, or one restored from a copy: once, and alone */
    if (wfp_hostlock_take(store->lock) != APR_SUCCESS) {
        return -1;
    }
    results = NULL;
    rc = apr_dbd_select(store->driver, slot->conn_pool, slot->handle, &results,
                        "PRAGMA journal_mode=WAL", 0);
    wfp_hostlock_drop(store->lock);
    return rc;
}

/* Whoever opens the file first or closes it last holds it alone for a moment,
 * and the driver does not wait when a statement cannot even be prepared. Root
 * (httpd's parent) owns the files beside it for a moment, too, before SQLite
 * gives them to the file's owner. */
static int setup_sqlite(wfp_store_t *store, wfp_slot_t *slot)
{
    int tries, rc;

    for (tries = 0; tries < SETUP_TRIES; tries++) {
        rc = setup_sqlite_once(store, slot);
        if (rc != SQLITE_IS_BUSY && rc != SQLITE_CANTOPEN) {
            break;
        }
        apr_sleep(SETUP_PAUSE);
    }
    return rc;
}

static apr_status_t slot_setup(wfp_store_t *store, wfp_slot_t *slot,
                               wfp_result_t *res)
{
    int n, rc;

    if (wfp_slot_is_sqlite(store)) {
        rc = setup_sqlite(store, slot);
    }
    else {
        wfp_sqlstate_ask(store->driver, slot->handle);
        rc = apr_dbd_query(store->driver, slot->handle, &n, PGSQL_SETUP);
    }
    if (rc != 0) {
        return wfp_slot_unavailable(res, "set-up of the connection",
                                    apr_dbd_error(store->driver, slot->handle,
                                                  rc));
    }
    return APR_SUCCESS;
}

static apr_uint32_t now_s(void)
{
    return (apr_uint32_t)apr_time_sec(apr_time_now());
}

static apr_status_t slot_open(wfp_store_t *store, wfp_slot_t *slot,
                              wfp_result_t *res)
{
    const char *error = NULL;
    apr_finfo_t info;
    apr_status_t rv = apr_pool_create(&slot->conn_pool, slot->pool);

    if (rv != APR_SUCCESS) {
        slot->conn_pool = NULL;
        return wfp_slot_unavailable(res, "no memory for a connection", NULL);
    }
    apr_pool_cleanup_register(slot->conn_pool, slot, slot_close,
                              apr_pool_cleanup_null);
    if (wfp_slot_is_sqlite(store) && !store->may_create
        && APR_STATUS_IS_ENOENT(
            apr_stat(&info, store->params, APR_FINFO_TYPE, slot->conn_pool))) {
        /* SQLite would make an empty file, maybe one of the wrong owner */
        return wfp_slot_unavailable(res, store->params,
                                    "no such database; `wfpctl init` makes it");
    }
    rv = apr_dbd_open_ex(store->driver, slot->conn_pool, store->params,
                         &slot->handle, &error);
    if (rv != APR_SUCCESS) {
        slot->handle = NULL;
        return wfp_slot_unavailable(res,
                                    wfp_slot_is_sqlite(store) ? store->params
                                                              : "connect",
                                    error);
    }
    slot->prepared = apr_hash_make(slot->conn_pool);
    slot->pending = wfp_slot_is_sqlite(store)
                        ? NULL
                        : wfp_pending_make(slot->conn_pool);
    slot->generation = apr_atomic_read32(&store->generation);
    rv = slot_setup(store, slot, res);
    return rv == APR_SUCCESS && store->insists ? wfp_schema_vet(slot, res) : rv;
}

/* Why nobody tries now. */
static apr_status_t say_pause(wfp_store_t *store, wfp_result_t *res)
{
    apr_uint32_t misfit = apr_atomic_read32(&store->misfit);

    return misfit
               ? wfp_schema_misfit((int)misfit - 1, res)
               : wfp_slot_unavailable(res, "the last try failed a moment ago",
                                      NULL);
}

apr_status_t wfp_slot_take(wfp_slot_t **pslot, wfp_store_t *store,
                           wfp_result_t *res)
{
    void *resource;
    wfp_slot_t *slot;
    apr_status_t rv = apr_reslist_acquire(store->slots, &resource);

    if (rv != APR_SUCCESS) {
        return wfp_slot_unavailable(res, "all handles are in use", NULL);
    }
    *pslot = slot = resource;
    if (slot->conn_pool
        && slot->generation == apr_atomic_read32(&store->generation)) {
        return APR_SUCCESS;
    }
    wfp_slot_discard(slot);
    if (apr_atomic_read32(&store->down_until) > now_s()) {
        rv = say_pause(store, res);
    }
    else if ((rv = slot_open(store, slot, res)) != APR_SUCCESS) {
        wfp_slot_discard(slot);
        if (!wfp_slot_is_sqlite(store) || apr_atomic_read32(&store->misfit)) {
            apr_atomic_set32(&store->down_until, now_s() + DOWN_PAUSE);
        }
    }
    if (rv != APR_SUCCESS) {
        (void)apr_reslist_release(store->slots, slot);
    }
    return rv;
}

void wfp_slot_give(wfp_store_t *store, wfp_slot_t *slot, int broken)
{
    if (broken) {
        if (slot->generation == apr_atomic_read32(&store->generation)) {
            apr_atomic_inc32(&store->generation);
        }
        wfp_slot_discard(slot);
    }
    /* only fails when its mutex does: then acquire will, and say so */
    (void)apr_reslist_release(store->slots, slot);
}

/* --- opening ------------------------------------------------------------- */

/* PostgreSQL may hang for minutes on a host that is gone. */
static const char *with_timeout(const char *conninfo, apr_pool_t *p)
{
    if (strstr(conninfo, "connect_timeout")) {
        return apr_pstrdup(p, conninfo);
    }
    if (strstr(conninfo, "://")) {
        return apr_pstrcat(p, conninfo, strchr(conninfo, '?') ? "&" : "?",
                           "connect_timeout=5", NULL);
    }
    return apr_pstrcat(p, conninfo, " connect_timeout=5", NULL);
}

/* A pool whose children threads may make at the same time. */
static apr_status_t make_pool(apr_pool_t **ppool, apr_pool_t *p)
{
    apr_allocator_t *allocator;
    apr_thread_mutex_t *mutex;
    apr_status_t rv = apr_allocator_create(&allocator);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = apr_pool_create_ex(ppool, p, NULL, allocator);
    if (rv != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return rv;
    }
    apr_allocator_owner_set(allocator, *ppool);
    rv = apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, *ppool);
    if (rv == APR_SUCCESS) {
        apr_allocator_mutex_set(allocator, mutex);
    }
    return rv;
}

static apr_status_t open_slots(wfp_store_t *store)
{
    apr_status_t rv = APR_SUCCESS;

    if (strcmp(store->driver_name, "sqlite3") == 0) {
        rv = wfp_hostlock_make(&store->lock,
                               apr_pstrcat(store->pool, store->params, "-lock",
                                           NULL),
                               store->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_batch_make(&store->batch, store->pool);
    }
    if (rv == APR_SUCCESS) {
        rv = apr_reslist_create(&store->slots, 0, SLOTS_IDLE, SLOTS_MAX,
                                SLOT_TTL, slot_make, slot_destroy, store,
                                store->pool);
    }
    if (rv == APR_SUCCESS) {
        apr_reslist_timeout_set(store->slots, SLOT_WAIT);
        /* slots are subpools, which would be gone before their list */
        apr_reslist_cleanup_order_set(store->slots, APR_RESLIST_CLEANUP_FIRST);
    }
    return rv;
}

apr_status_t wfp_slot_open_store(wfp_store_t **pstore, const char *driver,
                                 const char *params, wfp_result_t *res,
                                 apr_pool_t *p)
{
    wfp_store_t *store;
    apr_pool_t *pool;
    apr_status_t rv;

    if (strcmp(driver, "sqlite3") != 0 && strcmp(driver, "pgsql") != 0) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "database driver '%s' is not supported: use "
                              "sqlite3 or pgsql",
                              driver);
    }
    rv = make_pool(&pool, p);
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "no pool for the store");
    }
    store = apr_pcalloc(pool, sizeof(*store));
    store->pool = pool;
    store->driver_name = apr_pstrdup(pool, driver);
    rv = apr_dbd_init(pool);
    if (rv == APR_SUCCESS) {
        rv = apr_dbd_get_driver(pool, driver, &store->driver);
    }
    if (rv != APR_SUCCESS) {
        apr_pool_destroy(pool);
        return wfp_result_set(res, WFP_INVALID, rv,
                              "cannot load APR's database driver '%s' (Debian: "
                              "libaprutil1-dbd-%s)",
                              driver, driver);
    }
    store->params = strcmp(driver, "pgsql") == 0 ? with_timeout(params, pool)
                                                 : apr_pstrdup(pool, params);
    rv = open_slots(store);
    if (rv != APR_SUCCESS) {
        apr_pool_destroy(pool);
        return wfp_result_set(res, WFP_INTERNAL, rv, "no handles for a store");
    }
    *pstore = store;
    return APR_SUCCESS;
}
