/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_SQL_H
#define WFP_SQL_H

#include <apr.h>
#include <apr_pools.h>

/**
 * @file
 * SQL as plain data: what a statement is given and what comes of it, for the
 * rooms that ask (isolates, the API) and the one that runs it.
 */

typedef enum {
    WFP_SQL_NULL = 0,
    WFP_SQL_INT,
    WFP_SQL_REAL,
    WFP_SQL_TEXT, /* UTF-8 */
    WFP_SQL_BLOB
} wfp_sql_e;

typedef struct wfp_sql_value_t {
    wfp_sql_e kind;
    union {
        apr_int64_t i;
        double d;
        apr_size_t n; /* bytes at s, of TEXT and BLOB */
    } u;
    const char *s;
} wfp_sql_value_t;

#endif
