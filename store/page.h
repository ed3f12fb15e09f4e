/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_PAGE_H
#define WFP_PAGE_H

#include <apr_tables.h>

#include "core/result.h"
#include "store/dbd.h"
#include "store/list.h"

/**
 * @file
 * A list of a noun's objects, all of them or one page. Inside store/ only.
 */

/** Make the object of a row, in db->pool. */
typedef apr_status_t wfp_page_row_fn(void **pobject, wfp_dbd_t *db,
                                     const char **row);

typedef struct wfp_page_t {
    const wfp_sql_t *list; /* its parameters: arg and pattern (those that there
                             * are), limit, skip; none without count */
    const wfp_sql_t
        *count;  /* how many there are, with the same arg and pattern;
                             * NULL: list gives all */
    int columns; /* of list */
    wfp_page_row_fn *read;
    const wfp_list_t *which; /* NULL without count */
    const char *arg;         /* NULL: the statements have none */
    int has_pattern;         /* do they have one of what names contain? */
} wfp_page_t;

/**
 * Read it.
 *
 * @param plist   array of pointers to objects, in p
 * @param ptotal  what count says; NULL without count
 */
apr_status_t wfp_page_read(apr_array_header_t **plist, apr_int64_t *ptotal,
                           wfp_store_t *store, const wfp_page_t *page,
                           wfp_result_t *res, apr_pool_t *p) WFP_CHECK;

#endif
