/* SPDX-License-Identifier: Apache-2.0 */
/* Lists. Called by the nouns that have nothing to add to rows in an order. */
#include "store/page.h"

#include "store/column.h"

typedef struct ask_t {
    const wfp_page_t *page;
    apr_array_header_t *list;
    apr_int64_t total;
} ask_t;

/* What both statements begin with. @return how many */
static int add_args(const char **args, wfp_dbd_t *db, const wfp_page_t *page)
{
    int n = 0;

    if (page->arg) {
        args[n++] = wfp_column_text(page->arg, db->pool);
    }
    if (page->has_pattern) {
        args[n++] = wfp_column_like(page->which->contains, db->pool);
    }
    return n;
}

static apr_status_t read_objects(wfp_dbd_t *db, ask_t *ask)
{
    const wfp_page_t *page = ask->page;
    apr_array_header_t *rows;
    const char *args[4];
    int i, n = add_args(args, db, page);
    apr_status_t rv;

    if (page->count) {
        args[n++] = wfp_dbd_num(db, page->which->limit);
        args[n] = wfp_dbd_num(db, page->which->skip);
    }
    rv = wfp_dbd_rows(&rows, db, page->list, page->columns,
                      page->count ? args : NULL);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask->list = apr_array_make(db->pool, rows->nelts + 1, sizeof(void *));
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        rv = page->read(apr_array_push(ask->list), db,
                        APR_ARRAY_IDX(rows, i, const char **));
    }
    return rv;
}

static apr_status_t read_page(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    const char **row, *args[2];
    int n = add_args(args, db, ask->page);
    apr_status_t rv = APR_SUCCESS;

    if (ask->page->count) {
        rv = wfp_dbd_row(&row, db, ask->page->count, 1, n ? args : NULL);
        ask->total = rv == APR_SUCCESS && row ? wfp_dbd_int(row[0]) : 0;
    }
    return rv == APR_SUCCESS ? read_objects(db, ask) : rv;
}

apr_status_t wfp_page_read(apr_array_header_t **plist, apr_int64_t *ptotal,
                           wfp_store_t *store, const wfp_page_t *page,
                           wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .page = page };
    apr_status_t rv = wfp_dbd_run(store,
                                  page->count ? WFP_DBD_SNAPSHOT
                                              : WFP_DBD_PLAIN,
                                  read_page, &ask, res, p);

    if (rv == APR_SUCCESS) {
        *plist = ask.list;
        if (ptotal) {
            *ptotal = ask.total;
        }
    }
    return rv;
}
