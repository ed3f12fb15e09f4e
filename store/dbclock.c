/* SPDX-License-Identifier: Apache-2.0 */
/* The one question that the two databases understand in different words. */
#include "store/dbclock.h"

#include <string.h>

apr_status_t wfp_dbclock_now(apr_int64_t *pms, wfp_dbd_t *db)
{
    static const wfp_sql_t sqlite = {
        "dbclock_sqlite",
        "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
    };
    static const wfp_sql_t pgsql = {
        "dbclock_pgsql",
        "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db,
                                  strcmp(db->driver, "pgsql") ? &sqlite
                                                              : &pgsql,
                                  1, NULL);

    if (rv == APR_SUCCESS && !row) {
        return wfp_result_set(db->res, WFP_INTERNAL, APR_EGENERAL,
                              "the database has no clock");
    }
    if (rv == APR_SUCCESS) {
        *pms = wfp_dbd_int(row[0]);
    }
    return rv;
}
