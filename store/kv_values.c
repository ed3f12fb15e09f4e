/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of KV namespaces as rows. Called by services/kv.c. Keys are kept as
 * hex digits, which sort as their bytes do, values as base64. What was written is
 * told to the servers in the same transaction: they keep copies.
 */
#include "store/kv_values.h"

#include <apr_time.h>
#include <string.h>

#include "store/column.h"
#include "store/tx.h"

typedef struct ask_t {
    const char *ns;
    wfp_kv_call_t *call;
    const char *now;
    apr_int64_t bytes_max; /* of the namespace; 0: no bound */
    apr_int64_t stamp;
} ask_t;

static const char *hex(const char *key, apr_size_t n, apr_pool_t *p)
{
    char *text = apr_palloc(p, 2 * n + 1);

    wfp_kv_cursor_write(text, key, n);
    return text;
}

static const char *now_text(wfp_dbd_t *db)
{
    return wfp_dbd_num(db, apr_time_sec(apr_time_now()));
}

static void take_head(wfp_kv_item_t *item, const char *expires,
                      const char *metadata)
{
    item->expiration = wfp_dbd_int(expires);
    item->metadata = *metadata ? metadata : NULL;
    item->metadata_size = strlen(metadata);
}

/* ---- reading ---------------------------------------------------------------- */

/* @param left  bytes that values may still have */
static apr_status_t get_one(apr_size_t *left, wfp_dbd_t *db, const ask_t *ask,
                            wfp_kv_item_t *item)
{
    static const wfp_sql_t get = {
        "kv_value_get",
        "SELECT expires, metadata, length(value), "
        "CASE WHEN length(value) <= %lld THEN value ELSE '' END "
        "FROM kv_values WHERE ns_id = %s AND name = %s "
        "AND (expires = 0 OR expires > %lld)"
    };
    apr_int64_t chars = ((apr_int64_t)*left + 2) / 3 * 4;
    const char **row;
    apr_status_t rv;

    rv = wfp_dbd_row(&row, db, &get, 4,
                     DBD_ARGS(wfp_dbd_num(db,
                                          ask->call->no_values ? -1 : chars),
                              ask->ns, hex(item->key, item->key_size, db->pool),
                              ask->now));
    item->value = NULL;
    if (rv != APR_SUCCESS || !row) {
        return rv;
    }
    take_head(item, row[0], row[1]);
    item->value = "";
    item->value_size = 0;
    if (ask->call->no_values) {
        return rv;
    }
    if (wfp_dbd_int(row[2]) <= chars) {
        wfp_column_unbase64(&item->value, &item->value_size, row[3], db->pool);
    }
    if (wfp_dbd_int(row[2]) > chars || item->value_size > *left) {
        return wfp_result_set(db->res, WFP_BODY_TOO_LARGE, APR_ENOSPC, NULL);
    }
    *left -= item->value_size;
    return rv;
}

static apr_status_t get_all(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    apr_size_t left = ask->call->max;
    int i;
    apr_status_t rv = APR_SUCCESS;

    ask->now = now_text(db);
    for (i = 0; rv == APR_SUCCESS && i < ask->call->count; i++) {
        rv = get_one(&left, db, ask, &ask->call->items[i]);
    }
    return rv;
}

static apr_status_t list_all(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t list = {
        "kv_value_list", "SELECT name, expires, metadata FROM kv_values "
                         "WHERE ns_id = %s AND name >= %s AND name < %s "
                         "AND (expires = 0 OR expires > %lld) "
                         "ORDER BY name LIMIT %lld"
    };
    ask_t *ask = baton;
    wfp_kv_call_t *call = ask->call;
    char key[WFP_KV_KEY_MAX + 1];
    apr_size_t from = wfp_kv_list_from(key, call), end;
    const char *first = hex(key, from, db->pool), *behind;
    apr_array_header_t *rows;
    wfp_kv_fault_t fault;
    int i;
    apr_status_t rv;

    end = wfp_kv_list_end(key, call);
    behind = end ? hex(key, end, db->pool) : "g"; /* no digit is as great */
    rv = wfp_dbd_rows(&rows, db, &list, 3,
                      DBD_ARGS(ask->ns, first, behind, now_text(db),
                               wfp_dbd_num(db, call->limit + 1)));
    if (rv != APR_SUCCESS) {
        return rv;
    }
    call->complete = rows->nelts <= call->limit;
    call->count = call->complete ? rows->nelts : call->limit;
    call->items = apr_pcalloc(db->pool, ((apr_size_t)call->count + 1)
                                            * sizeof(*call->items));
    for (i = 0; i < call->count; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);
        wfp_kv_item_t *item = &call->items[i];
        apr_size_t n = strlen(row[0]);
        char *name = apr_palloc(db->pool, n / 2 + 1);

        if (!wfp_kv_cursor_read(&fault, name, &item->key_size, row[0], n)) {
            return wfp_result_set(db->res, WFP_INTERNAL, APR_EGENERAL,
                                  "a KV key in the store is no key");
        }
        name[item->key_size] = '\0';
        item->key = name;
        take_head(item, row[1], row[2]);
    }
    return rv;
}

/* ---- writing ---------------------------------------------------------------- */

/* Is the key what it must be? */
static apr_status_t check(wfp_dbd_t *db, const ask_t *ask)
{
    wfp_kv_item_t is = { .key = ask->call->items->key,
                         .key_size = ask->call->items->key_size };
    apr_size_t left = WFP_KV_VALUE_MAX;
    apr_status_t rv = get_one(&left, db, ask, &is);

    return rv == APR_SUCCESS ? wfp_kv_check_match(ask->call, &is, db->res) : rv;
}

/* Writers queue on the number, so what they read here stays. */
static apr_status_t begin(ask_t *ask, wfp_dbd_t *db)
{
    apr_status_t rv = wfp_changes_take(&ask->stamp, db);

    ask->now = now_text(db);
    return rv == APR_SUCCESS && ask->call->match ? check(db, ask) : rv;
}

/* Its bytes. */
static apr_status_t need_namespace(apr_int64_t *pbytes, wfp_dbd_t *db,
                                   const char *ns)
{
    static const wfp_sql_t find = {
        "kv_value_ns", "SELECT bytes FROM kv_namespaces WHERE id = %s"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &find, 1, DBD_ARGS(ns));

    *pbytes = row ? wfp_dbd_int(row[0]) : 0;
    return rv == APR_SUCCESS && !row
               ? wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                                "there is no such KV namespace")
               : rv;
}

/* Bytes that so many characters of base64 count for. */
static apr_int64_t bytes_of(apr_int64_t chars)
{
    return chars / 4 * 3;
}

/* What a key's value counts for, and its key. */
static apr_status_t weigh(apr_int64_t *pbytes, wfp_dbd_t *db, const char *ns,
                          const char *name)
{
    static const wfp_sql_t find = { "kv_value_weigh",
                                    "SELECT length(value) FROM kv_values "
                                    "WHERE ns_id = %s AND name = %s" };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &find, 1, DBD_ARGS(ns, name));

    *pbytes = row ? bytes_of(wfp_dbd_int(row[0])) : 0;
    return rv;
}

static apr_status_t grow(wfp_dbd_t *db, const char *ns, apr_int64_t more)
{
    static const wfp_sql_t add = { "kv_value_grow",
                                   "UPDATE kv_namespaces "
                                   "SET bytes = bytes + %lld WHERE id = %s" };

    return more ? wfp_dbd_exec(NULL, db, &add,
                               DBD_ARGS(wfp_dbd_num(db, more), ns))
                : APR_SUCCESS;
}

/* Keys that are told one by one; more of them: that any may have been written. */
#define TOLD_MAX 8

/* The first with the number that it began with. */
static apr_status_t tell(wfp_dbd_t *db, const ask_t *ask)
{
    char name[WFP_KV_CHANGE_NAME_SIZE];
    wfp_change_t change = { ask->stamp, WFP_CHANGE_KV_VALUE, "", name, 0 };
    int all = ask->call->count > TOLD_MAX, i;
    apr_status_t rv = APR_SUCCESS;

    for (i = 0; rv == APR_SUCCESS && i < (all ? 1 : ask->call->count); i++) {
        const wfp_kv_item_t *item = &ask->call->items[i];

        wfp_kv_change_name(name, ask->ns, all ? NULL : item->key,
                           item->key_size);
        rv = i ? wfp_changes_take(&change.stamp, db) : APR_SUCCESS;
        if (rv == APR_SUCCESS) {
            rv = wfp_changes_record(db, &change);
        }
    }
    return rv;
}

static apr_status_t put_one(apr_int64_t *pmore, wfp_dbd_t *db, const ask_t *ask,
                            const wfp_kv_item_t *item)
{
    static const wfp_sql_t put = {
        "kv_value_put",
        "INSERT INTO kv_values (ns_id, name, expires, metadata, value) "
        "VALUES (%s, %s, %lld, %s, %s) ON CONFLICT (ns_id, name) DO UPDATE "
        "SET expires = excluded.expires, metadata = excluded.metadata, "
        "value = excluded.value"
    };
    const char *name = hex(item->key, item->key_size, db->pool);
    const char *value = wfp_column_base64(item->value, item->value_size,
                                          db->pool);
    apr_int64_t was;
    apr_status_t rv = weigh(&was, db, ask->ns, name);

    *pmore += bytes_of((apr_int64_t)strlen(value)) - was;
    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &put,
                              DBD_ARGS(ask->ns, name,
                                       wfp_dbd_num(db, item->expiration),
                                       item->metadata ? item->metadata : "",
                                       value))
               : rv;
}

static apr_status_t put_items(apr_int64_t *pmore, wfp_dbd_t *db,
                              const ask_t *ask)
{
    apr_pool_t *turn, *whole = db->pool;
    apr_status_t rv = APR_SUCCESS;
    int i;

    apr_pool_create(&turn, whole);
    db->pool = turn;
    for (i = 0; rv == APR_SUCCESS && i < ask->call->count; i++) {
        apr_pool_clear(turn);
        rv = put_one(pmore, db, ask, &ask->call->items[i]);
    }
    db->pool = whole;
    apr_pool_destroy(turn);
    return rv;
}

static apr_status_t put_all(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    apr_int64_t bytes = 0, more = 0;
    apr_status_t rv = begin(ask, db);

    if (rv == APR_SUCCESS) {
        rv = need_namespace(&bytes, db, ask->ns);
    }
    if (rv == APR_SUCCESS) {
        rv = put_items(&more, db, ask);
    }
    if (rv == APR_SUCCESS && ask->bytes_max && more > 0
        && bytes + more > ask->bytes_max) {
        return wfp_result_set(db->res, WFP_INTERNAL, APR_ENOSPC,
                              "the KV namespace is full");
    }
    if (rv == APR_SUCCESS) {
        rv = grow(db, ask->ns, more);
    }
    return rv == APR_SUCCESS ? tell(db, ask) : rv;
}

static apr_status_t delete_one(apr_int64_t *pless, wfp_dbd_t *db,
                               const ask_t *ask, const wfp_kv_item_t *item)
{
    static const wfp_sql_t delete = {
        "kv_value_delete",
        "DELETE FROM kv_values WHERE ns_id = %s AND name = %s"
    };
    const char *name = hex(item->key, item->key_size, db->pool);
    apr_int64_t was;
    apr_status_t rv = weigh(&was, db, ask->ns, name);

    *pless += was;
    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &delete, DBD_ARGS(ask->ns, name))
               : rv;
}

static apr_status_t delete_all(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    apr_int64_t less = 0;
    apr_status_t rv = begin(ask, db);
    int i;

    for (i = 0; rv == APR_SUCCESS && i < ask->call->count; i++) {
        rv = delete_one(&less, db, ask, &ask->call->items[i]);
    }
    if (rv == APR_SUCCESS) {
        rv = grow(db, ask->ns, -less);
    }
    return rv == APR_SUCCESS ? tell(db, ask) : rv;
}

typedef struct sweep_t {
    int max;
    int count;
} sweep_t;

static apr_status_t sweep(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t old = {
        "kv_value_sweep",
        "DELETE FROM kv_values WHERE expires > 0 AND expires <= %lld "
        "AND (ns_id, name) IN (SELECT ns_id, name FROM kv_values "
        "WHERE expires > 0 AND expires <= %lld ORDER BY expires LIMIT %lld) "
        "RETURNING ns_id, length(value)"
    };
    sweep_t *ask = baton;
    const char *now = now_text(db);
    apr_array_header_t *rows;
    apr_int64_t stamp;
    int i;
    apr_status_t rv = wfp_changes_take(&stamp, db);

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_rows(&rows, db, &old, 2,
                          DBD_ARGS(now, now, wfp_dbd_num(db, ask->max)));
    }
    ask->count = rv == APR_SUCCESS ? rows->nelts : 0;
    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);

        rv = grow(db, row[0], -bytes_of(wfp_dbd_int(row[1])));
    }
    return rv;
}

apr_status_t wfp_kv_values_sweep(int *pcount, wfp_store_t *store, int max,
                                 wfp_result_t *res, apr_pool_t *p)
{
    sweep_t ask = { max, 0 };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, sweep, &ask, res, p);

    *pcount = ask.count;
    return rv;
}

apr_status_t wfp_kv_values_run(wfp_store_t *store, const char *ns,
                               wfp_kv_call_t *call, apr_int64_t bytes_max,
                               wfp_result_t *res)
{
    static const struct {
        wfp_dbd_mode_e mode;
        wfp_dbd_fn *fn;
    } verbs[] = {
        [WFP_KV_GET] = { WFP_DBD_SNAPSHOT, get_all },
        [WFP_KV_PUT] = { WFP_DBD_WRITE, put_all },
        [WFP_KV_DELETE] = { WFP_DBD_WRITE, delete_all },
        [WFP_KV_LIST] = { WFP_DBD_PLAIN, list_all },
    };
    ask_t ask = { .ns = ns, .call = call, .bytes_max = bytes_max };
    wfp_dbd_mode_e mode = verbs[call->verb].mode;

    if (call->verb == WFP_KV_GET && call->count == 1) {
        mode = WFP_DBD_PLAIN;
    }
    return wfp_dbd_run(store, mode, verbs[call->verb].fn, &ask, res,
                       call->pool);
}
