/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_DBD_H
#define WFP_DBD_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/result.h"
#include "core/wfp.h"
#include "store/store.h"

/**
 * @file
 * The pool of apr_dbd handles, transactions and statements: the only user of
 * apr_dbd. Inside store/ only; the rooms above see the nouns.
 *
 * Parameters and results are text on both drivers. SQL is what both speak:
 * every column is NOT NULL (the pgsql driver cannot tell NULL from ''), bytes
 * that may be anything are base64 (store/encode.h), and what would violate a
 * constraint is asked first or left to ON CONFLICT and the row count.
 */

/** A statement: prepared once a handle under its label. %s is a text, %lld a
 *  whole number (given as text, too). Static data. */
typedef struct wfp_sql_t {
    const char *label;
    const char *text;
} wfp_sql_t;

/** A handle in use by one call of wfp_dbd_run(). */
typedef struct wfp_dbd_t {
    apr_pool_t *pool;  /* the call's: results go here */
    wfp_result_t *res; /* the call's, may be NULL */
    const char *driver;
    int broken; /* a statement failed: nothing will be committed */
    struct wfp_slot_t *slot;
    struct wfp_pending_t *pending; /* NULL: nothing may wait */
} wfp_dbd_t;

/** Values of a statement's parameters: DBD_ARGS(a, b). None may be NULL. */
#define DBD_ARGS(...) ((const char *[]){ __VA_ARGS__ })

typedef enum {
    WFP_DBD_PLAIN = 0, /* one SELECT */
    WFP_DBD_SNAPSHOT,  /* several SELECTs that see one state */
    WFP_DBD_WRITE      /* one transaction, maybe shared (store/batch.h); one
                        * writer a host on SQLite */
} wfp_dbd_mode_e;

/** Does the work of a call. May run more than once: a lost connection makes
 *  the whole of it start again on a new handle. A status other than
 *  APR_SUCCESS takes everything back. */
typedef apr_status_t wfp_dbd_fn(wfp_dbd_t *db, void *baton);

/** From now on a SQLite file that is missing is made (for migrations). */
void wfp_dbd_allow_create(wfp_store_t *store);

/** "sqlite3" or "pgsql" */
const char *wfp_dbd_driver(const wfp_store_t *store);

/**
 * Run fn with a handle.
 *
 * @return what fn returned, or a failure of the database with code
 *         WFP_STORE_UNAVAILABLE. When that struck during COMMIT on PostgreSQL
 *         it is not known whether the transaction took effect.
 */
apr_status_t wfp_dbd_run(wfp_store_t *store, wfp_dbd_mode_e mode,
                         wfp_dbd_fn *fn, void *baton, wfp_result_t *res,
                         apr_pool_t *p) WFP_CHECK;

/** One attempt of it. @param pagain 1: it failed without any effect, and may
 *  go well on another handle */
apr_status_t wfp_dbd_attempt(int *pagain, wfp_store_t *store,
                             wfp_dbd_mode_e mode, wfp_dbd_fn *fn, void *baton,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** The same as wfp_dbd_run(), in a transaction of its own. */
apr_status_t wfp_dbd_alone(wfp_store_t *store, wfp_dbd_mode_e mode,
                           wfp_dbd_fn *fn, void *baton, wfp_result_t *res,
                           apr_pool_t *p) WFP_CHECK;

/** Run a statement that gives no rows.
 *  @param pcount rows touched; NULL: nobody asks, so inside a transaction on
 *  PostgreSQL it may wait for the next statement, and what is wrong with it is
 *  that one's failure, or the transaction's */
apr_status_t wfp_dbd_exec(int *pcount, wfp_dbd_t *db, const wfp_sql_t *sql,
                          const char **args) WFP_CHECK;

/** Run a SELECT of cols columns. @param prows array of const char **, each a
 *  row; all in db->pool */
apr_status_t wfp_dbd_rows(apr_array_header_t **prows, wfp_dbd_t *db,
                          const wfp_sql_t *sql, int cols,
                          const char **args) WFP_CHECK;

/** The same for at most one row. @param prow NULL when there is none */
apr_status_t wfp_dbd_row(const char ***prow, wfp_dbd_t *db,
                         const wfp_sql_t *sql, int cols,
                         const char **args) WFP_CHECK;

/** Run a statement without parameters that is not prepared (DDL). */
apr_status_t wfp_dbd_direct(wfp_dbd_t *db, const char *text) WFP_CHECK;

/** The same, which may wait for the next one as wfp_dbd_exec() says. */
apr_status_t wfp_dbd_later(wfp_dbd_t *db, const char *text) WFP_CHECK;

/** The whole number in a column. */
apr_int64_t wfp_dbd_int(const char *text);

/** A whole number as a parameter, in db->pool. */
const char *wfp_dbd_num(wfp_dbd_t *db, apr_int64_t n);

#endif
