/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dispatch namespaces as they are: one, all, a page of them. Called by wfpctl,
 * the API and the server's loader. The row with the empty id is the home of
 * account scripts: nobody is shown it.
 */
#include <string.h>

#include "store/column.h"
#include "store/namespaces.h"
#include "store/page.h"
#include "store/tx.h"

/* How many Workers it has: of one namespace they are counted, of a list in one go.
 * (PostgreSQL would read the whole table for each row: it takes namespaces for
 * equally large.) */
#define NAMES                                                                  \
    "SELECT n.id, n.name, n.stamp, n.created, n.modified, n.trusted, "         \
    "n.egress, n.limits, n.outbound, n.egress_allow, n.egress_deny, "          \
    "n.tail_consumers, "
#define ONE                                                                    \
    NAMES "(SELECT count(*) FROM scripts s WHERE s.ns_id = n.id) "             \
          "FROM namespaces n "
#define LIST NAMES "coalesce(c.workers, 0) FROM "
#define COUNTED                                                                \
    "LEFT JOIN (SELECT ns_id, count(*) AS workers FROM scripts "               \
    "GROUP BY ns_id) c ON c.ns_id = n.id "
#define COLUMN_COUNT 13

static apr_status_t read_row(void **pns, wfp_dbd_t *db, const char **row)
{
    wfp_namespace_t *ns = apr_pcalloc(db->pool, sizeof(*ns));
    apr_status_t rv;

    ns->id = row[0];
    ns->name = row[1];
    ns->stamp = wfp_dbd_int(row[2]);
    ns->created = wfp_dbd_int(row[3]);
    ns->modified = wfp_dbd_int(row[4]);
    ns->trusted_workers = row[5][0] == '1';
    (void)wfp_script_egress_by_word(&ns->egress, row[6]);
    ns->script_count = (int)wfp_dbd_int(row[12]);
    ns->tail_consumers = row[11];
    *pns = ns;
    rv = wfp_column_read_names(&ns->egress_allow, row[9], db->res, db->pool);
    if (rv == APR_SUCCESS) {
        rv = wfp_column_read_names(&ns->egress_deny, row[10], db->res,
                                   db->pool);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = wfp_column_read_limits(&ns->limits, row[7], db->res, db->pool);
    if (rv == APR_SUCCESS) {
        rv = wfp_column_read_outbound(&ns->outbound, row[8], db->res, db->pool);
    }
    return rv;
}

/* @param pns  NULL: there is none of that name */
static apr_status_t find(void **pns, wfp_dbd_t *db, const char *name)
{
    static const wfp_sql_t get = { "namespaces_get",
                                   ONE "WHERE n.name = %s AND n.id <> ''" };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, COLUMN_COUNT, DBD_ARGS(name));

    *pns = NULL;
    return rv == APR_SUCCESS && row ? read_row(pns, db, row) : rv;
}

typedef struct get_t {
    const char *name;
    void *ns;
} get_t;

static apr_status_t get_namespace(wfp_dbd_t *db, void *baton)
{
    get_t *ask = baton;
    apr_status_t rv = find(&ask->ns, db, ask->name);

    return rv == APR_SUCCESS && !ask->ns
               ? wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                                "there is no dispatch namespace '%s'",
                                ask->name)
               : rv;
}

apr_status_t wfp_namespaces_get(wfp_namespace_t **pns, wfp_store_t *store,
                                const char *name, wfp_result_t *res,
                                apr_pool_t *p)
{
    get_t ask = { name, NULL };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, get_namespace, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *pns = ask.ns;
    }
    return rv;
}

/* ---- what it is ---------------------------------------------------------- */

const char *wfp_namespaces_etag(const wfp_namespace_t *ns, apr_pool_t *p)
{
    const char *const texts[] = {
        ns->id,
        ns->name,
        ns->trusted_workers ? "1" : "0",
        wfp_script_egress_word(ns->egress),
        wfp_column_limits(&ns->limits, p),
        wfp_column_outbound(&ns->outbound, p),
        wfp_column_names(ns->egress_allow, p),
        wfp_column_names(ns->egress_deny, p),
        ns->tail_consumers && *ns->tail_consumers ? ns->tail_consumers : "[]",
    };

    return wfp_etag_of_texts(texts, (int)(sizeof(texts) / sizeof(*texts)), p);
}

apr_status_t wfp_namespaces_check(wfp_dbd_t *db, const char *name,
                                  const wfp_match_t *match)
{
    apr_status_t rv = APR_SUCCESS;
    void *ns;

    if (match) {
        rv = find(&ns, db, name);
        if (rv == APR_SUCCESS && ns) { /* who is not there is told by others */
            rv = wfp_etag_check(match, wfp_namespaces_etag(ns, db->pool),
                                "the namespace", db->res);
        }
    }
    return rv;
}

/* ---- all of them --------------------------------------------------------- */

apr_status_t wfp_namespaces_list(apr_array_header_t **plist, wfp_store_t *store,
                                 wfp_result_t *res, apr_pool_t *p)
{
    static const wfp_sql_t list = { "namespaces_list",
                                    LIST "namespaces n " COUNTED
                                         "WHERE n.id <> '' ORDER BY n.name" };
    const wfp_page_t all = { .list = &list,
                             .columns = COLUMN_COUNT,
                             .read = read_row };

    return wfp_page_read(plist, NULL, store, &all, res, p);
}

/* ---- a page of them ------------------------------------------------------ */

#define NAMED "WHERE n.id <> '' AND lower(n.name) LIKE %s ESCAPE '!' "
#define PAGE(order)                                                            \
    LIST "(SELECT * FROM namespaces n " NAMED "ORDER BY " order                \
         " LIMIT %lld OFFSET %lld) n " COUNTED "ORDER BY " order

apr_status_t wfp_namespaces_page(apr_array_header_t **plist,
                                 apr_int64_t *ptotal, wfp_store_t *store,
                                 const wfp_namespaces_ask_t *ask,
                                 wfp_result_t *res, apr_pool_t *p)
{
    static const wfp_sql_t count = {
        "namespaces_count", "SELECT count(*) FROM namespaces n " NAMED
    };
    /* [by time][down] */
    static const wfp_sql_t lists[2][2] = {
        { { "namespaces_page", PAGE("n.name") },
          { "namespaces_page_down", PAGE("n.name DESC") } },
        { { "namespaces_page_time", PAGE("n.modified, n.name") },
          { "namespaces_page_time_down",
            PAGE("n.modified DESC, n.name DESC") } },
    };
    const wfp_page_t page = {
        .list = &lists[ask->by_modified != 0][ask->is_down != 0],
        .count = &count,
        .columns = COLUMN_COUNT,
        .read = read_row,
        .which = &ask->which,
        .has_pattern = 1,
    };

    return wfp_page_read(plist, ptotal, store, &page, res, p);
}

/* ---- some of them -------------------------------------------------------- */

typedef struct some_t {
    const apr_array_header_t *names;
    apr_array_header_t *list;
} some_t;

static apr_status_t get_some(wfp_dbd_t *db, void *baton)
{
    some_t *ask = baton;
    apr_status_t rv = APR_SUCCESS;
    void *ns;
    int i;

    ask->list = apr_array_make(db->pool, ask->names->nelts + 1, sizeof(void *));
    for (i = 0; rv == APR_SUCCESS && i < ask->names->nelts; i++) {
        rv = find(&ns, db,
                  wfp_column_text(APR_ARRAY_IDX(ask->names, i, const char *),
                                  db->pool));
        if (rv == APR_SUCCESS && ns) {
            APR_ARRAY_PUSH(ask->list, void *) = ns;
        }
    }
    return rv;
}

apr_status_t wfp_namespaces_some(apr_array_header_t **plist, wfp_store_t *store,
                                 const apr_array_header_t *names,
                                 wfp_result_t *res, apr_pool_t *p)
{
    some_t ask = { names, NULL };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, get_some, &ask, res,
                                  p);

    if (rv == APR_SUCCESS) {
        *plist = ask.list;
    }
    return rv;
}

/* ---- how many Workers ---------------------------------------------------- */

static apr_status_t count_workers(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t count = {
        "namespaces_workers", "SELECT count(*) FROM scripts WHERE ns_id <> ''"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &count, 1, NULL);

    if (rv == APR_SUCCESS && row) {
        *(apr_int64_t *)baton = wfp_dbd_int(row[0]);
    }
    return rv;
}

apr_status_t wfp_namespaces_workers(apr_int64_t *pcount, wfp_store_t *store,
                                    wfp_result_t *res, apr_pool_t *p)
{
    *pcount = 0;
    return wfp_dbd_run(store, WFP_DBD_PLAIN, count_workers, pcount, res, p);
}
