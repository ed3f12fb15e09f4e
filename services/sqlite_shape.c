/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQL for the audit: which tables it touched must show, what was in them must
 * not. Called by the REST API. It must not know what SQL means.
 */
#include "services/sqlite_shape.h"

#include <string.h>

#include "services/sqlite_scan.h"

#define CUT " ..."

/* Room for the longest end: a blank, CUT and NUL. */
#define ROOM 8

static int is_value(const wfp_sqlite_token_t *token)
{
    return token->kind == WFP_SQLITE_QUOTED
           || (token->kind == WFP_SQLITE_WORD && *token->s >= '0'
               && *token->s <= '9');
}

const char *wfp_sqlite_shape_write(const char *sql, apr_size_t n,
                                   apr_size_t max, apr_pool_t *p)
{
    const char *at = sql, *end = sql + n, *before = sql;
    char *out = apr_palloc(p, max + ROOM);
    apr_size_t used = 0;
    wfp_sqlite_token_t token;

    for (wfp_sqlite_scan_next(&token, &at, end); token.kind != WFP_SQLITE_END;
         wfp_sqlite_scan_next(&token, &at, end)) {
        apr_size_t size = is_value(&token) ? 1 : token.n;

        if (size >= max - used) {
            memcpy(out + used, CUT, sizeof(CUT));
            return out;
        }
        if (used && token.s != before) {
            out[used++] = ' ';
        }
        memcpy(out + used, is_value(&token) ? "?" : token.s, size);
        used += size;
        before = token.s + token.n;
    }
    out[used] = '\0';
    return out;
}

static int begins_to_read(const char *sql, apr_size_t n)
{
    static const char *const words[] = { "select", "values", "explain",
                                         "pragma" };
    const char *at = sql;
    wfp_sqlite_token_t token;
    size_t i;

    do {
        wfp_sqlite_scan_next(&token, &at, sql + n);
    } while (token.kind == WFP_SQLITE_OPEN || token.kind == WFP_SQLITE_SEMI);
    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (wfp_sqlite_scan_is(&token, words[i])) {
            return 1;
        }
    }
    return token.kind == WFP_SQLITE_END;
}

int wfp_sqlite_shape_is_read(const char *sql, apr_size_t n)
{
    while (n > 0) {
        apr_size_t size = wfp_sqlite_scan_statement(sql, n);

        if (!begins_to_read(sql, size)) {
            return 0;
        }
        sql += size;
        n -= size;
    }
    return 1;
}
