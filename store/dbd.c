/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transactions and statements over the connections of slot.c. Called by the
 * nouns of store/. It must not know any table.
 */
#include "store/dbd.h"

#include <apr_dbd.h>
#include <apr_hash.h>
#include <apr_strings.h>

#include "core/clock.h"
#include "store/batch.h"
#include "store/hostlock.h"
#include "store/pending.h"
#include "store/slot.h"

/* a lost connection costs a try; so does a statement that is stale */
#define ATTEMPTS 3

void wfp_dbd_allow_create(wfp_store_t *store)
{
    store->may_create = 1;
}

const char *wfp_dbd_driver(const wfp_store_t *store)
{
    return store->driver_name;
}

/* --- statements ---------------------------------------------------------- */

static apr_status_t broke(wfp_dbd_t *db, const char *label, int rc)
{
    wfp_slot_t *slot = db->slot;

    db->broken = 1;
    return wfp_slot_unavailable(db->res, label,
                                apr_dbd_error(slot->store->driver, slot->handle,
                                              rc));
}

static apr_status_t prepare(apr_dbd_prepared_t **pstatement, wfp_dbd_t *db,
                            const wfp_sql_t *sql)
{
    wfp_slot_t *slot = db->slot;
    apr_dbd_prepared_t *statement;
    int rc;

    statement = apr_hash_get(slot->prepared, sql->label, APR_HASH_KEY_STRING);
    if (!statement) {
        rc = apr_dbd_prepare(slot->store->driver, slot->conn_pool, slot->handle,
                             sql->text, sql->label, &statement);
        if (rc != 0) {
            return broke(db, sql->label, rc);
        }
        apr_hash_set(slot->prepared, sql->label, APR_HASH_KEY_STRING,
                     statement);
    }
    *pstatement = statement;
    return APR_SUCCESS;
}

/* Send what waits. @param pcount rows that its last statement touched */
static apr_status_t send_pending(int *pcount, wfp_dbd_t *db, const char *label)
{
    wfp_slot_t *slot = db->slot;
    int rc = apr_dbd_query(slot->store->driver, slot->handle, pcount,
                           wfp_pending_take(db->pending));

    return rc ? broke(db, label, rc) : APR_SUCCESS;
}

static int waits(const wfp_dbd_t *db)
{
    return db->pending && wfp_pending_waits(db->pending);
}

static apr_status_t flush(wfp_dbd_t *db)
{
    int n;

    return waits(db) ? send_pending(&n, db, "what waited") : APR_SUCCESS;
}

apr_status_t wfp_dbd_exec(int *pcount, wfp_dbd_t *db, const wfp_sql_t *sql,
                          const char **args)
{
    wfp_slot_t *slot = db->slot;
    apr_dbd_prepared_t *statement;
    int rc, n = 0;
    apr_status_t rv = prepare(&statement, db, sql);

    if (rv == APR_SUCCESS && db->pending && (!pcount || waits(db))
        && wfp_pending_call(db->pending, sql, args)) {
        return pcount || wfp_pending_is_long(db->pending)
                   ? send_pending(pcount ? pcount : &n, db, sql->label)
                   : APR_SUCCESS;
    }
    if (rv == APR_SUCCESS) {
        rv = flush(db);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rc = apr_dbd_pquery(slot->store->driver, db->pool, slot->handle, &n,
                        statement, 0, args);
    if (rc != 0) {
        return broke(db, sql->label, rc);
    }
    if (pcount) {
        *pcount = n;
    }
    return APR_SUCCESS;
}

apr_status_t wfp_dbd_direct(wfp_dbd_t *db, const char *text)
{
    wfp_slot_t *slot = db->slot;
    int n, rc;
    apr_status_t rv = flush(db);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rc = apr_dbd_query(slot->store->driver, slot->handle, &n, text);
    return rc ? broke(db, text, rc) : APR_SUCCESS;
}

apr_status_t wfp_dbd_later(wfp_dbd_t *db, const char *text)
{
    if (!db->pending) {
        return wfp_dbd_direct(db, text);
    }
    wfp_pending_text(db->pending, text);
    return APR_SUCCESS;
}

/* Copies a result: PostgreSQL's texts die with its end, SQLite's are where
 * the driver put them. */
static void copy_rows(apr_array_header_t *rows, wfp_dbd_t *db,
                      apr_dbd_results_t *results, int cols, apr_pool_t *sub)
{
    const apr_dbd_driver_t *driver = db->slot->store->driver;
    apr_dbd_row_t *row = NULL;

    while (apr_dbd_get_row(driver, sub, results, &row, -1) == 0) {
        const char **out = apr_palloc(db->pool, sizeof(*out) * (size_t)cols);
        int i;

        for (i = 0; i < cols; i++) {
            const char *entry = apr_dbd_get_entry(driver, row, i);
            out[i] = entry ? apr_pstrdup(db->pool, entry) : "";
        }
        APR_ARRAY_PUSH(rows, const char **) = out;
    }
}

/* The rows of a statement, which is sent with all that waits. */
static apr_status_t select_rows(apr_dbd_results_t **presults, wfp_dbd_t *db,
                                const wfp_sql_t *sql, const char **args,
                                apr_pool_t *sub)
{
    wfp_slot_t *slot = db->slot;
    apr_dbd_prepared_t *statement;
    int rc;
    apr_status_t rv = prepare(&statement, db, sql);

    if (rv == APR_SUCCESS && waits(db)
        && wfp_pending_call(db->pending, sql, args)) {
        rc = apr_dbd_select(slot->store->driver, sub, slot->handle, presults,
                            wfp_pending_take(db->pending), 1);
        return rc ? broke(db, sql->label, rc) : APR_SUCCESS;
    }
    if (rv == APR_SUCCESS) {
        rv = flush(db);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rc = apr_dbd_pselect(slot->store->driver, sub, slot->handle, presults,
                         statement, 1, 0, args);
    return rc ? broke(db, sql->label, rc) : APR_SUCCESS;
}

apr_status_t wfp_dbd_rows(apr_array_header_t **prows, wfp_dbd_t *db,
                          const wfp_sql_t *sql, int cols, const char **args)
{
    apr_dbd_results_t *results = NULL;
    apr_pool_t *sub;
    apr_status_t rv = apr_pool_create(&sub, db->pool);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = select_rows(&results, db, sql, args, sub);
    if (rv == APR_SUCCESS) {
        *prows = apr_array_make(db->pool, 4, sizeof(const char **));
        copy_rows(*prows, db, results, cols, sub);
    }
    apr_pool_destroy(sub);
    return rv;
}

apr_status_t wfp_dbd_row(const char ***prow, wfp_dbd_t *db,
                         const wfp_sql_t *sql, int cols, const char **args)
{
    apr_array_header_t *rows;
    apr_status_t rv = wfp_dbd_rows(&rows, db, sql, cols, args);

    if (rv == APR_SUCCESS) {
        *prow = rows->nelts ? APR_ARRAY_IDX(rows, 0, const char **) : NULL;
    }
    return rv;
}

apr_int64_t wfp_dbd_int(const char *text)
{
    return apr_strtoi64(text, NULL, 10);
}

const char *wfp_dbd_num(wfp_dbd_t *db, apr_int64_t n)
{
    return apr_psprintf(db->pool, "%" APR_INT64_T_FMT, n);
}

/* --- running ------------------------------------------------------------- */

/* A bitmap of an index has all rows that are gone but not vacuumed, each time
 * anew; a plain scan passes them once. Of a Worker that is deployed again and
 * again these are thousands, and mutations wait for each other. */
#define NO_BITMAPS "SET LOCAL enable_bitmapscan = off"

static const char *begin_text(const wfp_store_t *store, wfp_dbd_mode_e mode)
{
    if (wfp_slot_is_sqlite(store)) {
        return mode == WFP_DBD_WRITE ? "BEGIN IMMEDIATE" : "BEGIN";
    }
    return mode == WFP_DBD_WRITE
               ? "BEGIN; " NO_BITMAPS
               : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
}

static apr_status_t begin(wfp_dbd_t *db, const char *text)
{
    db->pending = db->slot->pending;
    if (!db->pending) {
        return wfp_dbd_direct(db, text);
    }
    wfp_pending_begin(db->pending, text);
    return APR_SUCCESS;
}

/* What waits is not sent any more: may be not even the beginning was. */
static void take_back(wfp_dbd_t *db)
{
    wfp_result_t *res = db->res;
    int was_sent = !db->pending || wfp_pending_was_sent(db->pending);

    db->pending = NULL;
    db->res = NULL; /* keeps fn's reason */
    if (was_sent && wfp_dbd_direct(db, "ROLLBACK") != APR_SUCCESS) {
        db->broken = 1; /* closing the connection rolls back, too */
    }
    db->res = res;
}

/* @param punknown  1: it may have been committed all the same */
static apr_status_t transaction(int *punknown, wfp_dbd_t *db,
                                wfp_dbd_mode_e mode, wfp_dbd_fn *fn,
                                void *baton)
{
    wfp_store_t *store = db->slot->store;
    apr_status_t rv = begin(db, begin_text(store, mode));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = fn(db, baton);
    if (rv == APR_SUCCESS && !db->broken) {
        rv = flush(db); /* apart: so a failure is surely no commit */
    }
    if (rv == APR_SUCCESS && !db->broken) {
        rv = wfp_dbd_direct(db, "COMMIT");
        if (rv == APR_SUCCESS) {
            return rv;
        }
        *punknown = !wfp_slot_is_sqlite(store);
    }
    else if (rv == APR_SUCCESS) {
        rv = APR_EGENERAL; /* fn swallowed a failure; PostgreSQL's COMMIT
                            * would roll back and report success */
    }
    if (!db->broken) {
        take_back(db);
    }
    return rv;
}

static apr_status_t run_once(int *pagain, wfp_dbd_t *db, wfp_dbd_mode_e mode,
                             wfp_dbd_fn *fn, void *baton)
{
    wfp_store_t *store = db->slot->store;
    int unknown = 0, locked = 0;
    apr_status_t rv;

    if (mode == WFP_DBD_PLAIN) {
        rv = fn(db, baton);
        *pagain = db->broken;
        return rv;
    }
    if (mode == WFP_DBD_WRITE && wfp_slot_is_sqlite(store)) {
        rv = wfp_hostlock_take(store->lock);
        if (rv != APR_SUCCESS) {
            *pagain = 0;
            return wfp_slot_unavailable(db->res, "the writer lock",
                                        APR_STATUS_IS_TIMEUP(rv)
                                            ? "timed out"
                                            : store->params);
        }
        locked = 1;
    }
    rv = transaction(&unknown, db, mode, fn, baton);
    *pagain = db->broken && !unknown;
    if (db->broken) {
        /* a transaction that is still open ends with its connection, before
         * the next writer comes */
        wfp_slot_discard(db->slot);
    }
    if (locked) {
        wfp_hostlock_drop(store->lock);
    }
    return rv;
}

apr_status_t wfp_dbd_attempt(int *pagain, wfp_store_t *store,
                             wfp_dbd_mode_e mode, wfp_dbd_fn *fn, void *baton,
                             wfp_result_t *res, apr_pool_t *p)
{
    wfp_dbd_t db = { .pool = p, .res = res, .driver = store->driver_name };
    apr_status_t rv = wfp_slot_take(&db.slot, store, res);

    *pagain = 0;
    if (rv == APR_SUCCESS) {
        rv = run_once(pagain, &db, mode, fn, baton);
        wfp_slot_give(store, db.slot, db.broken);
    }
    return rv;
}

apr_status_t wfp_dbd_alone(wfp_store_t *store, wfp_dbd_mode_e mode,
                           wfp_dbd_fn *fn, void *baton, wfp_result_t *res,
                           apr_pool_t *p)
{
    int attempt, again = 1;
    apr_status_t rv = APR_SUCCESS;

    for (attempt = 0; again && attempt < ATTEMPTS; attempt++) {
        if (res) {
            wfp_result_init(res, res->pool);
        }
        rv = wfp_dbd_attempt(&again, store, mode, fn, baton, res, p);
    }
    return rv;
}

apr_status_t wfp_dbd_run(wfp_store_t *store, wfp_dbd_mode_e mode,
                         wfp_dbd_fn *fn, void *baton, wfp_result_t *res,
                         apr_pool_t *p)
{
    apr_time_t begun = wfp_clock_now();
    apr_status_t rv = mode == WFP_DBD_WRITE
                          ? wfp_batch_write(store, fn, baton, res, p)
                          : wfp_dbd_alone(store, mode, fn, baton, res, p);

    if (store->latency) {
        wfp_latency_count(store->latency,
                          mode == WFP_DBD_WRITE ? WFP_LATENCY_WRITE
                                                : WFP_LATENCY_READ,
                          (apr_uint64_t)(wfp_clock_now() - begun),
                          rv != APR_SUCCESS && res
                              && res->code == WFP_STORE_UNAVAILABLE);
    }
    return rv;
}
