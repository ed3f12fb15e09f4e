/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostnames. Called by the API, wfpctl and (reading) the server's routing.
 */
#include "store/hostnames.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "core/json.h"
#include "store/column.h"
#include "store/tx.h"

#define COLUMNS                                                                \
    "SELECT h.hostname, n.name, h.script, h.metadata, h.stamp, h.created, "    \
    "h.modified FROM hostnames h JOIN namespaces n ON n.id = h.ns_id "
#define COLUMN_COUNT 7

typedef struct ask_t {
    wfp_hostname_t *host;
    const char *name;
    const wfp_actor_t *actor;
    apr_int64_t skip;
    int limit;
    apr_int64_t total;
    apr_array_header_t *list;
    apr_int64_t stamp;
} ask_t;

static wfp_hostname_t *read_row(const char **row, apr_pool_t *p)
{
    wfp_hostname_t *host = apr_pcalloc(p, sizeof(*host));

    host->hostname = row[0];
    host->ns = row[1];
    host->script = row[2];
    host->metadata = row[3];
    host->stamp = wfp_dbd_int(row[4]);
    host->created = wfp_dbd_int(row[5]);
    host->modified = wfp_dbd_int(row[6]);
    return host;
}

static apr_status_t missing(wfp_dbd_t *db, const char *name)
{
    return wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                          "there is no hostname '%s'", name);
}

/* --- names ---------------------------------------------------------------- */

static int is_label(const char *s, apr_size_t n)
{
    apr_size_t i;

    if (n < 1 || n > 63 || s[0] == '-' || s[n - 1] == '-') {
        return 0;
    }
    for (i = 0; i < n; i++) {
        if (!apr_isalnum(s[i]) && s[i] != '-' && s[i] != '_') {
            return 0;
        }
    }
    return 1;
}

static int is_hostname(const char *s)
{
    if (strlen(s) > WFP_HOSTNAME_MAX) {
        return 0;
    }
    if (strncmp(s, "*.", 2) == 0) {
        s += 2;
    }
    for (;;) {
        apr_size_t n = strcspn(s, ".");

        if (!is_label(s, n)) {
            return 0;
        }
        if (!s[n]) {
            return 1;
        }
        s += n + 1;
    }
}

static const char *lower(const char *text, apr_pool_t *p)
{
    char *out = apr_pstrdup(p, text), *c;

    for (c = out; *c; c++) {
        *c = (char)apr_tolower(*c);
    }
    return out;
}

/* --- writing -------------------------------------------------------------- */

static apr_status_t record(wfp_dbd_t *db, const ask_t *ask, const char *action,
                           const char *details)
{
    wfp_change_t change = { ask->stamp, WFP_CHANGE_HOSTNAME, "", ask->name,
                            strcmp(action, "delete") == 0 };

    return wfp_audit_record(db, &change, ask->actor, action, details);
}

static const char *details_of(const wfp_hostname_t *host, apr_pool_t *p)
{
    wfp_json_t *obj = wfp_json_object(p);

    wfp_json_set_str(obj, "namespace", host->ns);
    wfp_json_set_str(obj, "script", host->script);
    return wfp_json_text(obj, p);
}

static apr_status_t put_hostname(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t upsert = {
        "hostnames_put",
        "INSERT INTO hostnames (hostname, ns_id, script, metadata, stamp, "
        "created, modified) VALUES (%s, %s, %s, %s, %lld, %lld, %lld) "
        "ON CONFLICT (hostname) DO UPDATE SET ns_id = excluded.ns_id, "
        "script = excluded.script, metadata = excluded.metadata, "
        "stamp = excluded.stamp, modified = excluded.modified "
        "RETURNING created"
    };
    ask_t *ask = baton;
    wfp_hostname_t *host = ask->host;
    wfp_script_row_t script;
    const char *ns_id, *now, *stamp, **row;
    apr_status_t rv = wfp_changes_take(&ask->stamp, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_namespaces_need(&ns_id, db, host->ns);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_scripts_need(&script, db, host->ns, host->script);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    host->stamp = ask->stamp;
    host->modified = apr_time_now();
    now = wfp_dbd_num(db, host->modified);
    stamp = wfp_dbd_num(db, ask->stamp);
    rv = wfp_dbd_row(&row, db, &upsert, 1,
                     DBD_ARGS(host->hostname, ns_id, host->script,
                              host->metadata, stamp, now, now));
    if (rv == APR_SUCCESS) {
        host->created = row ? wfp_dbd_int(row[0]) : host->modified;
        rv = record(db, ask, "put", details_of(host, db->pool));
    }
    return rv;
}

apr_status_t wfp_hostnames_put(wfp_store_t *store, wfp_hostname_t *host,
                               const wfp_actor_t *actor, wfp_result_t *res,
                               apr_pool_t *p)
{
    ask_t ask = { .host = host, .actor = actor };

    if (!is_hostname(host->hostname)) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "a hostname looks like shop.example.com or "
                              "*.example.com");
    }
    ask.name = host->hostname = lower(host->hostname, p);
    return wfp_dbd_run(store, WFP_DBD_WRITE, put_hostname, &ask, res, p);
}

static apr_status_t delete_hostname(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t delete = {
        "hostnames_delete", "DELETE FROM hostnames WHERE hostname = %s"
    };
    ask_t *ask = baton;
    int n;
    apr_status_t rv = wfp_changes_take(&ask->stamp, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(&n, db, &delete, DBD_ARGS(ask->name));
    }
    if (rv == APR_SUCCESS && n == 0) {
        return missing(db, ask->name);
    }
    return rv == APR_SUCCESS ? record(db, ask, "delete", NULL) : rv;
}

apr_status_t wfp_hostnames_delete(apr_int64_t *pstamp, wfp_store_t *store,
                                  const char *hostname,
                                  const wfp_actor_t *actor, wfp_result_t *res,
                                  apr_pool_t *p)
{
    ask_t ask = { .name = lower(wfp_column_text(hostname, p), p),
                  .actor = actor };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, delete_hostname, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *pstamp = ask.stamp;
    }
    return rv;
}

/* --- reading -------------------------------------------------------------- */

/* ask->host of that very name, or NULL. */
static apr_status_t look_up(wfp_dbd_t *db, ask_t *ask, const char *name)
{
    static const wfp_sql_t get = { "hostnames_get",
                                   COLUMNS "WHERE h.hostname = %s" };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, COLUMN_COUNT, DBD_ARGS(name));

    if (rv == APR_SUCCESS) {
        ask->host = row ? read_row(row, db->pool) : NULL;
    }
    return rv;
}

static apr_status_t get_hostname(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    apr_status_t rv = look_up(db, ask, ask->name);

    return rv == APR_SUCCESS && !ask->host ? missing(db, ask->name) : rv;
}

static apr_status_t find_hostname(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    const char *dot = ask->name;
    apr_status_t rv = look_up(db, ask, ask->name);

    while (rv == APR_SUCCESS && !ask->host && (dot = strchr(dot, '.'))) {
        rv = look_up(db, ask, apr_pstrcat(db->pool, "*", dot, NULL));
        dot++;
    }
    return rv == APR_SUCCESS && !ask->host ? missing(db, ask->name) : rv;
}

static apr_status_t read_one(wfp_hostname_t **phost, wfp_store_t *store,
                             wfp_dbd_fn *fn, const char *name,
                             wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .name = lower(wfp_column_text(name, p), p) };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, fn, &ask, res, p);

    if (rv == APR_SUCCESS) {
        *phost = ask.host;
    }
    return rv;
}

apr_status_t wfp_hostnames_get(wfp_hostname_t **phost, wfp_store_t *store,
                               const char *hostname, wfp_result_t *res,
                               apr_pool_t *p)
{
    return read_one(phost, store, get_hostname, hostname, res, p);
}

apr_status_t wfp_hostnames_find(wfp_hostname_t **phost, wfp_store_t *store,
                                const char *name, wfp_result_t *res,
                                apr_pool_t *p)
{
    return read_one(phost, store, find_hostname, name, res, p);
}

static apr_status_t list_hostnames(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t count = { "hostnames_count",
                                     "SELECT count(*) FROM hostnames" };
    static const wfp_sql_t list = {
        "hostnames_list", COLUMNS "ORDER BY h.hostname LIMIT %lld OFFSET %lld"
    };
    ask_t *ask = baton;
    apr_array_header_t *rows;
    const char **row;
    int i;
    apr_status_t rv = wfp_dbd_row(&row, db, &count, 1, NULL);

    if (rv == APR_SUCCESS) {
        ask->total = row ? wfp_dbd_int(row[0]) : 0;
        rv = wfp_dbd_rows(&rows, db, &list, COLUMN_COUNT,
                          DBD_ARGS(wfp_dbd_num(db, ask->limit),
                                   wfp_dbd_num(db, ask->skip)));
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask->list = apr_array_make(db->pool, rows->nelts + 1,
                               sizeof(wfp_hostname_t *));
    for (i = 0; i < rows->nelts; i++) {
        APR_ARRAY_PUSH(ask->list, wfp_hostname_t *) =
            read_row(APR_ARRAY_IDX(rows, i, const char **), db->pool);
    }
    return rv;
}

apr_status_t wfp_hostnames_list(apr_array_header_t **plist, apr_int64_t *ptotal,
                                wfp_store_t *store, apr_int64_t skip, int limit,
                                wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .skip = skip, .limit = limit };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, list_hostnames, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *plist = ask.list;
        *ptotal = ask.total;
    }
    return rv;
}
