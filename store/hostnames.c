/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostnames. Called by the API, wfpctl and (reading) the server's routing.
 */
#include "store/hostnames.h"

#include <apr_strings.h>
#include <string.h>

#include "core/hostname.h"
#include "core/json.h"
#include "store/page.h"
#include "store/tx.h"

#define COLUMNS                                                                \
    "SELECT h.hostname, n.name, h.script, h.metadata, h.stamp, h.created, "    \
    "h.modified FROM hostnames h JOIN namespaces n ON n.id = h.ns_id "
#define COLUMN_COUNT 7

typedef struct ask_t {
    wfp_hostname_t *host;
    const char *name;
    const wfp_match_t *match;
    const wfp_actor_t *actor;
    apr_int64_t stamp;
} ask_t;

static apr_status_t read_row(void **phost, wfp_dbd_t *db, const char **row)
{
    wfp_hostname_t *host = apr_pcalloc(db->pool, sizeof(*host));

    host->hostname = row[0];
    host->ns = row[1];
    host->script = row[2];
    host->metadata = row[3];
    host->stamp = wfp_dbd_int(row[4]);
    host->created = wfp_dbd_int(row[5]);
    host->modified = wfp_dbd_int(row[6]);
    *phost = host;
    return APR_SUCCESS;
}

static apr_status_t missing(wfp_dbd_t *db, const char *name)
{
    return wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                          "there is no hostname '%s'", name);
}

/* As it is kept, in p; what is none stays, and is not found. */
static const char *normal(const char *text, apr_pool_t *p)
{
    char name[WFP_HOSTNAME_SIZE];
    apr_size_t n = wfp_hostname_of_entry(name, text);

    return n ? apr_pstrmemdup(p, name, n) : "";
}

apr_status_t wfp_hostnames_read_metadata(const char **ptext,
                                         const wfp_json_t *metadata,
                                         wfp_result_t *res, apr_pool_t *p)
{
    if (metadata && !wfp_json_is_object(metadata)
        && !wfp_json_is_null(metadata)) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "metadata: an object");
    }
    *ptext = metadata ? wfp_json_text(metadata, p) : "{}";
    if (strlen(*ptext) > WFP_HOSTNAMES_METADATA_MAX) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "metadata: at most %d bytes",
                              WFP_HOSTNAMES_METADATA_MAX);
    }
    return APR_SUCCESS;
}

/* --- one of them ---------------------------------------------------------- */

/* NULL: there is none */
static apr_status_t find_row(void **phost, wfp_dbd_t *db, const char *name)
{
    static const wfp_sql_t get = { "hostnames_get",
                                   COLUMNS "WHERE h.hostname = %s" };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, COLUMN_COUNT, DBD_ARGS(name));

    *phost = NULL;
    return rv == APR_SUCCESS && row ? read_row(phost, db, row) : rv;
}

static apr_status_t get_hostname(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    void *host;
    apr_status_t rv = find_row(&host, db, ask->name);

    ask->host = host;
    return rv == APR_SUCCESS && !host ? missing(db, ask->name) : rv;
}

const char *wfp_hostnames_etag(const wfp_hostname_t *host, apr_pool_t *p)
{
    const char *const texts[] = { host->ns, host->script, host->metadata };

    return wfp_etag_of_texts(texts, 3, p);
}

/* Is it what it must be? */
static apr_status_t check(wfp_dbd_t *db, const ask_t *ask)
{
    void *host;
    apr_status_t rv = APR_SUCCESS;

    if (ask->match) {
        rv = find_row(&host, db, ask->name);
        rv = rv == APR_SUCCESS
                 ? wfp_etag_check(ask->match,
                                  host ? wfp_hostnames_etag(host, db->pool)
                                       : NULL,
                                  "the hostname", db->res)
                 : rv;
    }
    return rv;
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
    const char *now, *stamp, **row;
    apr_status_t rv = wfp_changes_take(&ask->stamp, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_scripts_need(&script, db, host->ns, host->script);
    }
    if (rv == APR_SUCCESS) {
        rv = check(db, ask);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    host->stamp = ask->stamp;
    host->modified = apr_time_now();
    now = wfp_dbd_num(db, host->modified);
    stamp = wfp_dbd_num(db, ask->stamp);
    rv = wfp_dbd_row(&row, db, &upsert, 1,
                     DBD_ARGS(host->hostname, script.ns_id, host->script,
                              host->metadata, stamp, now, now));
    if (rv == APR_SUCCESS) {
        host->created = row ? wfp_dbd_int(row[0]) : host->modified;
        rv = record(db, ask, "put", details_of(host, db->pool));
    }
    return rv;
}

apr_status_t wfp_hostnames_put(wfp_store_t *store, wfp_hostname_t *host,
                               const wfp_match_t *match,
                               const wfp_actor_t *actor, wfp_result_t *res,
                               apr_pool_t *p)
{
    ask_t ask = { .host = host, .match = match, .actor = actor };

    ask.name = host->hostname = normal(host->hostname, p);
    if (!*ask.name) {
        return wfp_result_set(res, WFP_INVALID, APR_EINVAL,
                              "a hostname looks like shop.example.com or "
                              "*.example.com");
    }
    return wfp_dbd_run(store, WFP_DBD_WRITE, put_hostname, &ask, res, p);
}

static apr_status_t delete_hostname(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t delete = {
        "hostnames_delete", "DELETE FROM hostnames WHERE hostname = %s"
    };
    ask_t *ask = baton;
    void *host = NULL;
    apr_status_t rv = wfp_changes_take(&ask->stamp, db);

    if (rv == APR_SUCCESS) {
        rv = find_row(&host, db, ask->name);
    }
    if (rv == APR_SUCCESS && !host) {
        return missing(db, ask->name);
    }
    if (rv == APR_SUCCESS) {
        rv = check(db, ask);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(NULL, db, &delete, DBD_ARGS(ask->name));
    }
    return rv == APR_SUCCESS ? record(db, ask, "delete", NULL) : rv;
}

apr_status_t wfp_hostnames_delete(apr_int64_t *pstamp, wfp_store_t *store,
                                  const char *hostname,
                                  const wfp_match_t *match,
                                  const wfp_actor_t *actor, wfp_result_t *res,
                                  apr_pool_t *p)
{
    ask_t ask = { .name = normal(hostname, p), .match = match, .actor = actor };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, delete_hostname, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *pstamp = ask.stamp;
    }
    return rv;
}

/* --- reading -------------------------------------------------------------- */

apr_status_t wfp_hostnames_get(wfp_hostname_t **phost, wfp_store_t *store,
                               const char *hostname, wfp_result_t *res,
                               apr_pool_t *p)
{
    ask_t ask = { .name = normal(hostname, p) };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, get_hostname, &ask, res,
                                  p);

    if (rv == APR_SUCCESS) {
        *phost = ask.host;
    }
    return rv;
}

/* Most names asked for at a time. */
#define AT_A_TIME 8

/* The first of these names that is there, or ask->host is NULL. */
static apr_status_t first_of(wfp_dbd_t *db, ask_t *ask, const char **names)
{
    static const wfp_sql_t find = {
        "hostnames_find",
        COLUMNS "WHERE h.hostname IN (%s, %s, %s, %s, %s, %s, %s, %s)"
    };
    apr_array_header_t *rows;
    void *host = NULL;
    int i, k;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &find, COLUMN_COUNT, names);

    for (i = 0; rv == APR_SUCCESS && !host && i < AT_A_TIME; i++) {
        for (k = 0; rv == APR_SUCCESS && !host && k < rows->nelts; k++) {
            const char **row = APR_ARRAY_IDX(rows, k, const char **);

            if (strcmp(row[0], names[i]) == 0) {
                rv = read_row(&host, db, row);
            }
        }
    }
    ask->host = host;
    return rv;
}

static apr_status_t find_hostname(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    const char *names[AT_A_TIME];
    apr_size_t at = 0;
    int more = 1, i;
    apr_status_t rv = wfp_changes_number(&ask->stamp, db);

    ask->host = NULL;
    while (rv == APR_SUCCESS && !ask->host && more) {
        for (i = 0; i < AT_A_TIME; i++) {
            names[i] = !more ? "" /* no hostname */
                       : at  ? apr_pstrcat(db->pool, "*", ask->name + at, NULL)
                             : ask->name;
            at = more ? wfp_hostname_wider(ask->name, at) : at;
            more = more && at;
        }
        rv = first_of(db, ask, names);
    }
    return rv;
}

apr_status_t wfp_hostnames_find(wfp_hostname_t **phost, apr_int64_t *pseen,
                                wfp_store_t *store, const char *name,
                                wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .name = name };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, find_hostname, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *phost = ask.host;
        *pseen = ask.stamp;
    }
    return rv;
}

apr_status_t wfp_hostnames_list(apr_array_header_t **plist, apr_int64_t *ptotal,
                                wfp_store_t *store, apr_int64_t skip, int limit,
                                wfp_result_t *res, apr_pool_t *p)
{
    static const wfp_sql_t count = { "hostnames_count",
                                     "SELECT count(*) FROM hostnames" };
    static const wfp_sql_t list = {
        "hostnames_list", COLUMNS "ORDER BY h.hostname LIMIT %lld OFFSET %lld"
    };
    const wfp_list_t which = { NULL, skip, limit };
    const wfp_page_t page = { &list, &count, COLUMN_COUNT, read_row, &which };

    return wfp_page_read(plist, ptotal, store, &page, res, p);
}
