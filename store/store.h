/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_STORE_H
#define WFP_STORE_H

#include <apr_pools.h>
#include <apr_tables.h>

#include "core/latency.h"
#include "core/result.h"
#include "core/wfp.h"

/**
 * @file
 * The store: the database that is the truth, behind apr_dbd. This header opens
 * it; each noun (namespaces, scripts, versions, secrets, tokens, changes) has a
 * header of its own beside it. SQLite and PostgreSQL answer alike.
 *
 * Every mutation is one transaction that also takes the next change number and
 * writes a row of `changes` and one of `audit`; a refused one leaves everything
 * as it was. A refusal with WFP_CONFLICT says more by its status: APR_EEXIST,
 * the thing exists; APR_EMISMATCH, it is not what the caller expects; APR_EBUSY,
 * its state does not allow it. When
 * the database cannot be reached or fails, functions return a status with code
 * WFP_STORE_UNAVAILABLE; SQL, paths and addresses are in the log text only
 * (result->message), never meant for tenants.
 *
 * Any thread; each call takes a handle of the pool for its duration.
 */

typedef struct wfp_store_t wfp_store_t;

/** Schema version that this build wants (the highest NNN of conf/schema). */
#define WFP_SCHEMA_VERSION 20

/**
 * Open.
 *
 * @param driver      "sqlite3" or "pgsql"
 * @param params      file name, or CONNINFO
 * @param must_match  1: the schema version is checked here
 * @param p           closes it at its end
 * @return APR_SUCCESS; APR_EINCOMPLETE with WFP_INVALID and a text that names
 *         `wfpctl init`: another schema version; APR_EGENERAL with
 *         WFP_STORE_UNAVAILABLE: the database does not answer now, *pstore is
 *         set all the same and works once it does; APR_EINVAL with
 *         WFP_INVALID: no such driver
 * @note A process opens its own after it was forked. SQLite: one store a
 *       process and file.
 */
apr_status_t wfp_store_open(wfp_store_t **pstore, const char *driver,
                            const char *params, int must_match,
                            wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/**
 * Ask each connection that is made from now on for its schema version. While that
 * is another one than this build's nothing is done on it: all calls fail, with
 * WFP_STORE_UNAVAILABLE about WFP_ABOUT_SCHEMA. They go well within a second
 * after it is the right one.
 *
 * @note start or child scope, before others use the store
 */
void wfp_store_insist(wfp_store_t *store);

/**
 * Read the numbered files of a schema (DIR/sqlite3/NNN_*.sql,
 * DIR/pgsql/NNN_*.sql): apart from using them, since who may read them need
 * not be who may open the store.
 *
 * @param pschema  for wfp_store_migrate(), in p
 */
apr_status_t wfp_store_read_schema(apr_array_header_t **pschema,
                                   const char *driver, const char *schema_dir,
                                   wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/**
 * Make or upgrade the schema, each migration in one transaction.
 *
 * @param papplied  how many were applied
 * @param schema    from wfp_store_read_schema() for the store's driver
 */
apr_status_t wfp_store_migrate(int *papplied, wfp_store_t *store,
                               const apr_array_header_t *schema,
                               wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** Tell there from now on how long each call takes. @note start or child scope,
 *  before others use the store */
void wfp_store_watch(wfp_store_t *store, wfp_latency_t *latency);

/** The database's clock, in milliseconds since the epoch. */
apr_status_t wfp_store_clock(apr_int64_t *pms, wfp_store_t *store,
                             wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

/** A setting of the server kept in the store ("account_id"); NULL: none. */
apr_status_t wfp_store_setting(const char **pvalue, wfp_store_t *store,
                               const char *name, wfp_result_t *res,
                               apr_pool_t *p) WFP_CHECK;

/** Set it when there is none yet; *pvalue is what holds then. */
apr_status_t wfp_store_setting_once(const char **pvalue, wfp_store_t *store,
                                    const char *name, const char *value,
                                    wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
