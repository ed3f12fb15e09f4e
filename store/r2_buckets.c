/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of R2 buckets. Called by the API. What is in them is r2_objects.c's;
 * here is only whether it is nothing.
 */
#include "store/r2_buckets.h"

#include <apr_strings.h>
#include <string.h>

#include "core/crypto.h"
#include "core/json.h"
#include "store/column.h"
#include "store/tx.h"

#define COLUMNS                                                                \
    "SELECT id, name, storage_class, created, objects, bytes FROM "            \
    "r2_buckets "
#define COLUMN_COUNT 6

typedef struct ask_t {
    wfp_r2_bucket_t *bucket;
    const wfp_actor_t *actor;
    const char *storage_class;
} ask_t;

static wfp_r2_bucket_t *read_row(wfp_dbd_t *db, const char **row)
{
    wfp_r2_bucket_t *bucket = apr_pcalloc(db->pool, sizeof(*bucket));

    bucket->id = row[0];
    bucket->name = row[1];
    bucket->storage_class = row[2];
    bucket->created = wfp_dbd_int(row[3]);
    bucket->objects = wfp_dbd_int(row[4]);
    bucket->bytes = wfp_dbd_int(row[5]);
    return bucket;
}

static apr_status_t find(wfp_r2_bucket_t **pbucket, wfp_dbd_t *db,
                         const char *name)
{
    static const wfp_sql_t get = { "r2_bucket_get", COLUMNS "WHERE name = %s" };
    const char **row;
    apr_status_t rv = wfp_dbd_row(&row, db, &get, COLUMN_COUNT,
                                  DBD_ARGS(wfp_column_text(name, db->pool)));

    if (rv == APR_SUCCESS && !row) {
        return wfp_result_set(db->res, WFP_NOT_FOUND, APR_NOTFOUND,
                              "The specified bucket does not exist.");
    }
    if (rv == APR_SUCCESS) {
        *pbucket = read_row(db, row);
    }
    return rv;
}

static apr_status_t record(wfp_dbd_t *db, const ask_t *ask, const char *action)
{
    wfp_change_t change = { 0, WFP_CHANGE_R2, "", ask->bucket->name,
                            strcmp(action, "delete") == 0 };
    wfp_json_t *details = wfp_json_object(db->pool);
    apr_status_t rv = wfp_changes_take(&change.stamp, db);

    if (ask->storage_class) {
        wfp_json_set_str(details, "storage_class", ask->storage_class);
    }
    return rv == APR_SUCCESS
               ? wfp_audit_record(db, &change, ask->actor, action,
                                  wfp_json_text(details, db->pool))
               : rv;
}

static apr_status_t create_bucket(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t insert = {
        "r2_bucket_insert",
        "INSERT INTO r2_buckets (id, name, storage_class, created, stamp, "
        "objects, bytes) VALUES (%s, %s, %s, %lld, 0, 0, 0) "
        "ON CONFLICT (name) DO NOTHING"
    };
    ask_t *ask = baton;
    wfp_r2_bucket_t *bucket = ask->bucket;
    int n;
    apr_status_t rv = record(db, ask, "create");

    if (rv == APR_SUCCESS) {
        bucket->created = apr_time_now();
        rv = wfp_dbd_exec(&n, db, &insert,
                          DBD_ARGS(bucket->id, bucket->name,
                                   bucket->storage_class,
                                   wfp_dbd_num(db, bucket->created)));
    }
    return rv == APR_SUCCESS && n == 0
               ? wfp_result_set(db->res, WFP_CONFLICT, APR_EEXIST,
                                "The bucket you tried to create already "
                                "exists, and you own it.")
               : rv;
}

apr_status_t wfp_r2_buckets_create(wfp_store_t *store, wfp_r2_bucket_t *bucket,
                                   const wfp_actor_t *actor, wfp_result_t *res,
                                   apr_pool_t *p)
{
    ask_t ask = { bucket, actor, bucket->storage_class };
    unsigned char id[16];
    apr_status_t rv = wfp_crypto_random(id, sizeof(id));

    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "no random bytes");
    }
    bucket->id = wfp_crypto_hex(id, sizeof(id), p);
    bucket->objects = bucket->bytes = 0;
    return wfp_dbd_run(store, WFP_DBD_WRITE, create_bucket, &ask, res, p);
}

static apr_status_t get_bucket(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;

    return find(&ask->bucket, db, ask->bucket->name);
}

apr_status_t wfp_r2_buckets_get(wfp_r2_bucket_t **pbucket, wfp_store_t *store,
                                const char *name, wfp_result_t *res,
                                apr_pool_t *p)
{
    wfp_r2_bucket_t want = { .name = name };
    ask_t ask = { .bucket = &want };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_PLAIN, get_bucket, &ask, res,
                                  p);

    if (rv == APR_SUCCESS) {
        *pbucket = ask.bucket;
    }
    return rv;
}

static apr_status_t update_bucket(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t update = {
        "r2_bucket_update",
        "UPDATE r2_buckets SET storage_class = %s WHERE id = %s"
    };
    ask_t *ask = baton;
    apr_status_t rv = record(db, ask, "update");

    if (rv == APR_SUCCESS) {
        rv = find(&ask->bucket, db, ask->bucket->name);
    }
    if (rv == APR_SUCCESS) {
        ask->bucket->storage_class = ask->storage_class;
        rv = wfp_dbd_exec(NULL, db, &update,
                          DBD_ARGS(ask->storage_class, ask->bucket->id));
    }
    return rv;
}

apr_status_t wfp_r2_buckets_update(wfp_r2_bucket_t **pbucket,
                                   wfp_store_t *store, const char *name,
                                   const char *storage_class,
                                   const wfp_actor_t *actor, wfp_result_t *res,
                                   apr_pool_t *p)
{
    wfp_r2_bucket_t want = { .name = wfp_column_text(name, p) };
    ask_t ask = { &want, actor, storage_class };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, update_bucket, &ask,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *pbucket = ask.bucket;
    }
    return rv;
}

/* Hold it: no object comes meanwhile. */
static apr_status_t check_empty(wfp_dbd_t *db, const char *id)
{
    static const wfp_sql_t lock = {
        "r2_bucket_hold",
        "UPDATE r2_buckets SET stamp = stamp + 1 WHERE id = %s"
    };
    static const wfp_sql_t any = {
        "r2_bucket_any",
        "SELECT name FROM r2_objects WHERE bucket_id = %s LIMIT 1"
    };
    const char **row;
    apr_status_t rv = wfp_dbd_exec(NULL, db, &lock, DBD_ARGS(id));

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_row(&row, db, &any, 1, DBD_ARGS(id));
    }
    return rv == APR_SUCCESS && row
               ? wfp_result_set(db->res, WFP_CONFLICT, APR_ENOTEMPTY,
                                "The bucket you tried to delete is not empty.")
               : rv;
}

/* Uploads that were not completed, and the bucket. */
static apr_status_t delete_rows(wfp_dbd_t *db, const char *id)
{
    static const wfp_sql_t dead = {
        "r2_bucket_dead", "INSERT INTO r2_dead (file, due) "
                          "SELECT file, CAST(%lld AS BIGINT) FROM r2_pieces "
                          "WHERE owner IN (SELECT id FROM r2_uploads "
                          "WHERE bucket_id = %s)"
    };
    static const wfp_sql_t pieces = {
        "r2_bucket_pieces", "DELETE FROM r2_pieces WHERE owner IN "
                            "(SELECT id FROM r2_uploads WHERE bucket_id = %s)"
    };
    static const wfp_sql_t uploads = {
        "r2_bucket_uploads", "DELETE FROM r2_uploads WHERE bucket_id = %s"
    };
    static const wfp_sql_t bucket = { "r2_bucket_delete",
                                      "DELETE FROM r2_buckets WHERE id = %s" };
    apr_status_t rv = wfp_dbd_exec(NULL, db, &dead,
                                   DBD_ARGS(wfp_dbd_num(db, apr_time_now()),
                                            id));

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(NULL, db, &pieces, DBD_ARGS(id));
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(NULL, db, &uploads, DBD_ARGS(id));
    }
    return rv == APR_SUCCESS ? wfp_dbd_exec(NULL, db, &bucket, DBD_ARGS(id))
                             : rv;
}

static apr_status_t delete_bucket(wfp_dbd_t *db, void *baton)
{
    ask_t *ask = baton;
    wfp_r2_bucket_t *bucket;
    apr_status_t rv = record(db, ask, "delete");

    if (rv == APR_SUCCESS) {
        rv = find(&bucket, db, ask->bucket->name);
    }
    if (rv == APR_SUCCESS) {
        rv = check_empty(db, bucket->id);
    }
    return rv == APR_SUCCESS ? delete_rows(db, bucket->id) : rv;
}

apr_status_t wfp_r2_buckets_delete(wfp_store_t *store, const char *name,
                                   const wfp_actor_t *actor, wfp_result_t *res,
                                   apr_pool_t *p)
{
    wfp_r2_bucket_t want = { .name = wfp_column_text(name, p) };
    ask_t ask = { &want, actor, NULL };

    return wfp_dbd_run(store, WFP_DBD_WRITE, delete_bucket, &ask, res, p);
}

/* ---- lists ---------------------------------------------------------------------- */

typedef struct page_t {
    const wfp_r2_buckets_ask_t *ask;
    apr_array_header_t *list;
    int more;
} page_t;

/* Names have no character that LIKE or its like would take for a pattern; what
 * is looked for might: so it is compared as it is. */
static apr_status_t list_buckets(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t up = { "r2_bucket_list",
                                  COLUMNS "WHERE name > %s ORDER BY name "
                                          "LIMIT %lld" };
    static const wfp_sql_t down = { "r2_bucket_list_down",
                                    COLUMNS "WHERE name < %s "
                                            "ORDER BY name DESC LIMIT %lld" };
    page_t *page = baton;
    const wfp_r2_buckets_ask_t *ask = page->ask;
    const char *after = ask->after ? ask->after : ask->descending ? "~" : "";
    int left = ask->limit, asked = ask->contains ? 1000 : left + 1, i;
    apr_array_header_t *rows;
    apr_status_t rv = APR_SUCCESS;

    page->more = 0;
    page->list = apr_array_make(db->pool, 8, sizeof(wfp_r2_bucket_t *));
    for (;;) {
        rv = wfp_dbd_rows(&rows, db, ask->descending ? &down : &up,
                          COLUMN_COUNT,
                          DBD_ARGS(wfp_column_text(after, db->pool),
                                   wfp_dbd_num(db, asked)));
        for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
            const char **row = APR_ARRAY_IDX(rows, i, const char **);

            after = row[1];
            if (ask->contains && !strstr(row[1], ask->contains)) {
                continue;
            }
            if (left-- == 0) {
                page->more = 1;
                return rv;
            }
            APR_ARRAY_PUSH(page->list, wfp_r2_bucket_t *) = read_row(db, row);
        }
        if (rv != APR_SUCCESS || rows->nelts < asked) {
            return rv;
        }
    }
}

apr_status_t wfp_r2_buckets_list(apr_array_header_t **plist, int *pmore,
                                 wfp_store_t *store,
                                 const wfp_r2_buckets_ask_t *ask,
                                 wfp_result_t *res, apr_pool_t *p)
{
    page_t page = { ask, NULL, 0 };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_SNAPSHOT, list_buckets, &page,
                                  res, p);

    if (rv == APR_SUCCESS) {
        *plist = page.list;
        *pmore = page.more;
    }
    return rv;
}
