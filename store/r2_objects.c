/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One R2 object at a time: find, put, delete. Called by services/r2.c. A put or
 * delete is one transaction that holds its bucket, so a condition is true when
 * it takes effect.
 */
#include "store/r2_objects.h"

#include <apr_strings.h>
#include <string.h>

#include "store/r2_rows.h"

typedef struct find_t {
    wfp_r2_ask_t ask; /* first */
    wfp_r2_place_t *place;
    const wfp_r2_stored_t *stored;
} find_t;

/* ---- reading ------------------------------------------------------------------ */

/* The pieces that have call's bytes. All but the last of them have one size. */
static apr_status_t read_place(wfp_dbd_t *db, const find_t *find)
{
    wfp_r2_call_t *call = find->ask.call;
    const char *owner = call->object->version;
    apr_int64_t first = 1, last = 1, each = call->object->size;
    apr_array_header_t *rows, *pieces;
    int i;
    apr_status_t rv = wfp_r2_rows_pieces(&rows, db, owner, 1, 1);

    if (rv == APR_SUCCESS && rows->nelts) {
        each = APR_ARRAY_IDX(rows, 0, wfp_r2_row_t).size;
    }
    if (rv == APR_SUCCESS && each > 0 && call->length > 0) {
        first = call->offset / each + 1;
        last = (call->offset + call->length - 1) / each + 1;
    }
    if (rv == APR_SUCCESS && last > 1) {
        rv = wfp_r2_rows_pieces(&rows, db, owner, first, last);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (rows->nelts != last - first + 1) {
        return wfp_result_set(db->res, WFP_INTERNAL, APR_EGENERAL,
                              "pieces of the R2 object %s are missing", owner);
    }
    pieces = apr_array_make(db->pool, rows->nelts, sizeof(wfp_r2_piece_t));
    for (i = 0; i < rows->nelts; i++) {
        const wfp_r2_row_t *row = &APR_ARRAY_IDX(rows, i, wfp_r2_row_t);
        wfp_r2_piece_t *piece = apr_array_push(pieces);

        piece->file = row->file;
        piece->size = row->size;
    }
    find->place->pieces = pieces;
    find->place->skip = call->offset - (first - 1) * each;
    return rv;
}

static apr_status_t find_object(wfp_dbd_t *db, void *baton)
{
    find_t *find = baton;
    wfp_r2_call_t *call = find->ask.call;
    wfp_r2_object_t *object;
    apr_status_t rv = wfp_r2_rows_need(db, &find->ask);

    call->object = NULL;
    call->unmet = 0;
    if (rv == APR_SUCCESS) {
        rv = wfp_r2_rows_find(&object, db, &find->ask, call->key);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    call->object = object;
    if (!object || call->verb == WFP_R2_HEAD) {
        return rv;
    }
    call->unmet = !wfp_r2_condition_holds(call->condition, object);
    if (call->unmet) {
        return rv;
    }
    if (!wfp_r2_resolve_range(&call->offset, &call->length, &call->range,
                              object->size)) {
        return wfp_r2_rows_fail(db, &find->ask, WFP_R2_BAD_RANGE);
    }
    return read_place(db, find);
}

apr_status_t wfp_r2_objects_find(wfp_r2_place_t *place, wfp_store_t *store,
                                 const char *bucket, wfp_r2_call_t *call,
                                 wfp_result_t *res)
{
    find_t find = { { bucket, call, NULL, NULL, 0 }, place, NULL };

    return wfp_dbd_run(store, WFP_DBD_SNAPSHOT, find_object, &find, res,
                       call->pool);
}

/* ---- writing ------------------------------------------------------------------ */

static apr_status_t find_upload(wfp_dbd_t *db, const wfp_r2_ask_t *ask)
{
    static const wfp_sql_t get = {
        "r2_upload_there",
        "SELECT id FROM r2_uploads WHERE bucket_id = %s AND name = %s"
    };
    const wfp_r2_call_t *call = ask->call;
    const char **row;
    apr_status_t rv;

    rv = wfp_dbd_row(&row, db, &get, 1,
                     DBD_ARGS(ask->bucket_id,
                              wfp_r2_uploads_name(call->key, call->upload_id,
                                                  db->pool)));
    return rv == APR_SUCCESS && !row
               ? wfp_r2_rows_fail(db, ask, WFP_R2_NO_UPLOAD)
               : rv;
}

/* Others may take it meanwhile: it is asked again in the end. What there is no
 * room for would fill the disk until then.
 * @param replaced  bytes of what goes for it */
static apr_status_t find_room(wfp_dbd_t *db, const wfp_r2_ask_t *ask,
                              apr_int64_t replaced)
{
    wfp_r2_call_t *call = ask->call;
    apr_int64_t n = call->source ? call->source->length : call->size;

    call->room = call->bytes_max - ask->used + replaced;
    if (call->room < replaced) {
        call->room = replaced; /* a bucket that has too much may get smaller */
    }
    return n > call->room ? wfp_r2_rows_fail(db, ask, WFP_R2_FULL)
                          : APR_SUCCESS;
}

static apr_status_t may_put_part(wfp_dbd_t *db, const wfp_r2_ask_t *ask)
{
    const wfp_r2_call_t *call = ask->call;
    apr_array_header_t *rows;
    apr_status_t rv = find_upload(db, ask);

    if (rv != APR_SUCCESS || !call->bytes_max) {
        return rv;
    }
    rv = wfp_r2_rows_pieces(&rows, db, call->upload_id, call->part_number,
                            call->part_number);
    return rv == APR_SUCCESS
               ? find_room(db, ask,
                           rows->nelts
                               ? APR_ARRAY_IDX(rows, 0, wfp_r2_row_t).size
                               : 0)
               : rv;
}

static apr_status_t may_put(wfp_dbd_t *db, void *baton)
{
    wfp_r2_ask_t *ask = baton;
    wfp_r2_call_t *call = ask->call;
    wfp_r2_object_t *object;
    apr_status_t rv = wfp_r2_rows_need(db, ask);

    if (rv == APR_SUCCESS && call->verb == WFP_R2_PUT_PART) {
        return may_put_part(db, ask);
    }
    if (rv != APR_SUCCESS || (!call->condition && !call->bytes_max)) {
        return rv;
    }
    rv = wfp_r2_rows_find(&object, db, ask, call->key);
    call->unmet = rv == APR_SUCCESS
                  && !wfp_r2_condition_holds(call->condition, object);
    return rv == APR_SUCCESS && !call->unmet && call->bytes_max
               ? find_room(db, ask, object ? object->size : 0)
               : rv;
}

apr_status_t wfp_r2_objects_may_put(wfp_store_t *store, const char *bucket,
                                    wfp_r2_call_t *call, wfp_result_t *res)
{
    wfp_r2_ask_t ask = { bucket, call, NULL, NULL, 0 };

    return wfp_dbd_run(store, WFP_DBD_SNAPSHOT, may_put, &ask, res, call->pool);
}

static wfp_r2_object_t *make_object(const find_t *find, apr_pool_t *p)
{
    const wfp_r2_call_t *call = find->ask.call;
    wfp_r2_object_t *object = apr_pcalloc(p, sizeof(*object));

    object->key = call->key;
    object->version = find->stored->file;
    object->etag = find->stored->etag;
    object->size = find->stored->size;
    object->sums = find->stored->sums;
    object->uploaded = wfp_r2_rows_now();
    object->meta = call->meta;
    if (!object->meta.storage_class) {
        object->meta.storage_class = find->ask.storage_class;
    }
    return object;
}

static apr_status_t put_object(wfp_dbd_t *db, void *baton)
{
    find_t *find = baton;
    wfp_r2_call_t *call = find->ask.call;
    wfp_r2_object_t *old = NULL, *object;
    wfp_r2_row_t piece = { find->stored->file, 1, find->stored->size,
                           find->stored->etag, 0 };
    apr_status_t rv = wfp_r2_rows_lock(db, &find->ask);

    if (rv == APR_SUCCESS) {
        rv = wfp_r2_rows_find(&old, db, &find->ask, call->key);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    call->unmet = !wfp_r2_condition_holds(call->condition, old);
    if (call->unmet) {
        return rv;
    }
    object = make_object(find, db->pool);
    piece.uploaded = object->uploaded;
    call->object = object;
    rv = wfp_r2_rows_add_piece(db, object->version, &piece);
    return rv == APR_SUCCESS
               ? wfp_r2_rows_replace(db, &find->ask, object, old, 0)
               : rv;
}

apr_status_t wfp_r2_objects_put(wfp_store_t *store, const char *bucket,
                                wfp_r2_call_t *call,
                                const wfp_r2_stored_t *stored,
                                wfp_result_t *res)
{
    find_t find = { { bucket, call, NULL, NULL, 0 }, NULL, stored };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, put_object, &find, res,
                                  call->pool);

    if (rv != APR_SUCCESS) {
        call->object = NULL;
    }
    return rv;
}

static apr_status_t delete_object(wfp_dbd_t *db, wfp_r2_ask_t *ask,
                                  const char *key)
{
    static const wfp_sql_t delete = {
        "r2_delete", "DELETE FROM r2_objects WHERE bucket_id = %s AND name = %s"
    };
    wfp_r2_object_t *old;
    apr_status_t rv = wfp_r2_rows_find(&old, db, ask, key);

    if (rv != APR_SUCCESS || !old) {
        return rv;
    }
    rv = wfp_r2_rows_kill(db, old->version);
    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_exec(NULL, db, &delete,
                          DBD_ARGS(ask->bucket_id,
                                   wfp_r2_rows_name(key, db->pool)));
    }
    return rv == APR_SUCCESS ? wfp_r2_rows_count(db, ask, -1, -old->size, 0)
                             : rv;
}

static apr_status_t delete_objects(wfp_dbd_t *db, void *baton)
{
    wfp_r2_ask_t *ask = baton;
    apr_pool_t *turn, *whole = db->pool;
    apr_status_t rv = wfp_r2_rows_lock(db, ask);
    int i;

    apr_pool_create(&turn, whole);
    db->pool = turn;
    for (i = 0; rv == APR_SUCCESS && i < ask->call->count; i++) {
        apr_pool_clear(turn);
        rv = delete_object(db, ask, ask->call->keys[i]);
    }
    db->pool = whole;
    apr_pool_destroy(turn);
    return rv;
}

apr_status_t wfp_r2_objects_delete(wfp_store_t *store, const char *bucket,
                                   wfp_r2_call_t *call, wfp_result_t *res)
{
    wfp_r2_ask_t ask = { bucket, call, NULL, NULL, 0 };

    return wfp_dbd_run(store, WFP_DBD_WRITE, delete_objects, &ask, res,
                       call->pool);
}
