/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records of invocations. Written by one thread of a host, read by the API. The
 * sizes of Workers grow in the transaction of their records.
 */
#include "store/log_records.h"

#include <apr_hash.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "store/column.h"
#include "store/dbd.h"

/* What a row takes besides its text, about. */
#define ROW_BYTES 128

/* ---- writing ----------------------------------------------------------------- */

typedef struct script_t {
    const char *id; /* "": its version is gone */
    apr_int64_t bytes;
} script_t;

/* Whose a version is. Asked once a transaction. */
static apr_status_t find_script(script_t **pscript, wfp_dbd_t *db,
                                apr_hash_t *versions, apr_hash_t *scripts,
                                const char *version_id)
{
    static const wfp_sql_t sql = { "log_records_script",
                                   "SELECT script_id FROM versions "
                                   "WHERE id = %s" };
    const char **row, *id;
    apr_status_t rv;

    *pscript = apr_hash_get(versions, version_id, APR_HASH_KEY_STRING);
    if (*pscript) {
        return APR_SUCCESS;
    }
    rv = wfp_dbd_row(&row, db, &sql, 1, DBD_ARGS(version_id));
    if (rv != APR_SUCCESS) {
        return rv;
    }
    id = row ? row[0] : "";
    *pscript = apr_hash_get(scripts, id, APR_HASH_KEY_STRING);
    if (!*pscript) {
        *pscript = apr_pcalloc(db->pool, sizeof(**pscript));
        (*pscript)->id = id;
        apr_hash_set(scripts, id, APR_HASH_KEY_STRING, *pscript);
    }
    apr_hash_set(versions, version_id, APR_HASH_KEY_STRING, *pscript);
    return rv;
}

static apr_status_t insert_one(wfp_dbd_t *db, script_t *script,
                               const wfp_log_record_t *record)
{
    static const wfp_sql_t sql = {
        "log_records_insert",
        "INSERT INTO log_records (script_id, time, id, kinds, size, record) "
        "VALUES (%s, %lld, %s, %lld, %lld, %s) "
        "ON CONFLICT (script_id, time, id) DO NOTHING"
    };
    apr_int64_t bytes = (apr_int64_t)strlen(record->text) + ROW_BYTES;
    int count;
    apr_status_t rv = wfp_dbd_exec(
        &count, db, &sql,
        DBD_ARGS(script->id, wfp_dbd_num(db, record->time), record->id,
                 wfp_dbd_num(db, record->kinds), wfp_dbd_num(db, bytes),
                 wfp_column_text(record->text, db->pool)));

    if (rv == APR_SUCCESS && count == 1) {
        script->bytes += bytes;
    }
    return rv;
}

static int by_id(const void *a, const void *b)
{
    return strcmp((*(script_t *const *)a)->id, (*(script_t *const *)b)->id);
}

/* In the same order everywhere, so that two hosts do not wait for each other. */
static apr_status_t add_sizes(wfp_dbd_t *db, apr_hash_t *scripts)
{
    static const wfp_sql_t sql = {
        "log_records_size", "INSERT INTO log_sizes (script_id, bytes, is_lost) "
                            "VALUES (%s, %lld, 0) "
                            "ON CONFLICT (script_id) DO UPDATE "
                            "SET bytes = log_sizes.bytes + excluded.bytes"
    };
    script_t **list = apr_pcalloc(db->pool, (apr_hash_count(scripts) + 1)
                                                * sizeof(*list));
    apr_hash_index_t *hi;
    apr_status_t rv = APR_SUCCESS;
    int i, n = 0;

    for (hi = apr_hash_first(db->pool, scripts); hi; hi = apr_hash_next(hi)) {
        list[n++] = apr_hash_this_val(hi);
    }
    qsort(list, (size_t)n, sizeof(*list), by_id);
    for (i = 0; rv == APR_SUCCESS && i < n; i++) {
        if (list[i]->bytes) {
            rv = wfp_dbd_exec(NULL, db, &sql,
                              DBD_ARGS(list[i]->id,
                                       wfp_dbd_num(db, list[i]->bytes)));
        }
    }
    return rv;
}

static apr_status_t insert(wfp_dbd_t *db, void *baton)
{
    const apr_array_header_t *list = baton;
    apr_hash_t *versions = apr_hash_make(db->pool);
    apr_hash_t *scripts = apr_hash_make(db->pool);
    apr_status_t rv = APR_SUCCESS;
    script_t *script;
    int i;

    for (i = 0; rv == APR_SUCCESS && i < list->nelts; i++) {
        const wfp_log_record_t *record = &APR_ARRAY_IDX(list, i,
                                                        wfp_log_record_t);

        rv = find_script(&script, db, versions, scripts, record->version_id);
        if (rv == APR_SUCCESS && *script->id) {
            rv = insert_one(db, script, record);
        }
    }
    return rv == APR_SUCCESS ? add_sizes(db, scripts) : rv;
}

/* Alone: who deploys shall not wait for it in a transaction of both. */
apr_status_t wfp_log_records_insert(wfp_store_t *store,
                                    const apr_array_header_t *list,
                                    wfp_result_t *res, apr_pool_t *p)
{
    return wfp_dbd_alone(store, WFP_DBD_WRITE, insert, (void *)list, res, p);
}

/* ---- reading ------------------------------------------------------------------ */

typedef struct ask_t {
    const char *script_id;
    apr_time_t since;
    const wfp_log_place_t *place;
    apr_array_header_t *list;
    const char *text;
} ask_t;

static apr_status_t places(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t sql = {
        "log_records_places",
        "SELECT time, id, kinds FROM log_records WHERE script_id = %s "
        "AND time >= %lld AND time <= %lld AND (time < %lld OR id < %s) "
        "ORDER BY time DESC, id DESC LIMIT 500"
    };
    ask_t *ask = baton;
    const char *before = wfp_dbd_num(db, ask->place ? ask->place->time
                                                    : APR_INT64_MAX);
    apr_array_header_t *rows;
    int i;
    apr_status_t rv = wfp_dbd_rows(&rows, db, &sql, 3,
                                   DBD_ARGS(ask->script_id,
                                            wfp_dbd_num(db, ask->since), before,
                                            before,
                                            ask->place ? ask->place->id : ""));

    if (rv != APR_SUCCESS) {
        return rv;
    }
    ask->list = apr_array_make(db->pool, rows->nelts + 1,
                               sizeof(wfp_log_place_t));
    for (i = 0; i < rows->nelts; i++) {
        const char **row = APR_ARRAY_IDX(rows, i, const char **);
        wfp_log_place_t *place = apr_array_push(ask->list);

        place->time = wfp_dbd_int(row[0]);
        place->id = row[1];
        place->kinds = wfp_dbd_int(row[2]);
    }
    return rv;
}

apr_status_t wfp_log_records_places(apr_array_header_t **plist,
                                    wfp_store_t *store, const char *script_id,
                                    apr_time_t since,
                                    const wfp_log_place_t *before,
                                    wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .script_id = script_id, .since = since, .place = before };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, places, &ask, res, p);

    *plist = ask.list;
    return rv;
}

static apr_status_t text(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t sql = { "log_records_text",
                                   "SELECT record FROM log_records "
                                   "WHERE script_id = %s AND time = %lld "
                                   "AND id = %s" };
    ask_t *ask = baton;
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &sql, 1,
                                  DBD_ARGS(ask->script_id,
                                           wfp_dbd_num(db, ask->place->time),
                                           ask->place->id));

    ask->text = rv == APR_SUCCESS && row ? row[0] : NULL;
    return rv;
}

apr_status_t wfp_log_records_text(const char **ptext, wfp_store_t *store,
                                  const char *script_id,
                                  const wfp_log_place_t *place,
                                  wfp_result_t *res, apr_pool_t *p)
{
    ask_t ask = { .script_id = script_id, .place = place };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, text, &ask, res, p);

    *ptext = ask.text;
    return rv;
}

/* ---- looking ------------------------------------------------------------------ */

typedef struct kept_t {
    apr_int64_t bytes;
    apr_time_t oldest;
} kept_t;

static apr_status_t look(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t sql = {
        "log_records_kept",
        "SELECT COALESCE((SELECT CAST(sum(bytes) AS BIGINT) FROM log_sizes), "
        "0), COALESCE((SELECT min(time) FROM log_records), 0)"
    };
    kept_t *kept = baton;
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &sql, 2, NULL);

    if (rv == APR_SUCCESS && row) {
        kept->bytes = wfp_dbd_int(row[0]);
        kept->oldest = wfp_dbd_int(row[1]);
    }
    return rv;
}

apr_status_t wfp_log_records_kept(apr_int64_t *pbytes, apr_time_t *poldest,
                                  wfp_store_t *store, wfp_result_t *res,
                                  apr_pool_t *p)
{
    kept_t kept = { 0, 0 };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, look, &kept, res, p);

    *pbytes = kept.bytes;
    *poldest = kept.oldest;
    return rv;
}
