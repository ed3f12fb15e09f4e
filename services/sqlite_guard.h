/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SQLITE_GUARD_H
#define WFP_SQLITE_GUARD_H

#include "services/sqlite.h"

/**
 * @file
 * What hostile SQL may do on a connection: which statements, pragmas and
 * functions, how large and how deep.
 */

/** Bytes of one statement. */
#define WFP_SQLITE_TENANT_SQL_MAX 100000

/** From now on only what is allowed, for all SQL but our own. */
apr_status_t wfp_sqlite_guard(wfp_sqlite_t *db, wfp_result_t *res) WFP_CHECK;

/** Replace functions whose time grows with the square of their arguments. */
apr_status_t wfp_sqlite_functions(wfp_sqlite_t *db,
                                  wfp_result_t *res) WFP_CHECK;

/** Put a look at the arguments before functions that some are ruinous for. */
apr_status_t wfp_sqlite_plain(wfp_sqlite_t *db, wfp_result_t *res) WFP_CHECK;

/** Close what such functions opened. */
void wfp_sqlite_plain_close(wfp_sqlite_t *db);

#endif
