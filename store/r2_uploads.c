/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uploads of R2 objects in parts. A part is a piece of the upload; to complete
 * makes the object's pieces of them, so nothing is copied. Called by
 * services/r2.c. Each is one transaction that holds its bucket.
 */
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

#include "core/crypto.h"
#include "store/r2_objects.h"
#include "store/r2_rows.h"

#define MD5_SIZE 16

typedef struct upload_t {
    wfp_r2_ask_t ask; /* first */
    const wfp_r2_stored_t *stored;
    const char *id; /* of a new one */
    wfp_r2_meta_t meta;
} upload_t;

const char *wfp_r2_uploads_name(const char *key, const char *id, apr_pool_t *p)
{
    /* an id is text of the client's: what it looks for must be no pattern,
     * only what nobody has */
    return apr_pstrcat(p, wfp_r2_rows_name(key, p), "-", id, NULL);
}

/* Hold the bucket; the upload must be there. */
static apr_status_t lock_upload(wfp_dbd_t *db, upload_t *up)
{
    static const wfp_sql_t get = {
        "r2_upload", "SELECT meta FROM r2_uploads WHERE bucket_id = %s "
                     "AND name = %s"
    };
    const wfp_r2_call_t *call = up->ask.call;
    const char **row;
    apr_status_t rv = call->verb == WFP_R2_LIST_PARTS
                          ? wfp_r2_rows_need(db, &up->ask)
                          : wfp_r2_rows_lock(db, &up->ask);

    if (rv == APR_SUCCESS) {
        rv = wfp_dbd_row(&row, db, &get, 1,
                         DBD_ARGS(up->ask.bucket_id,
                                  wfp_r2_uploads_name(call->key,
                                                      call->upload_id,
                                                      db->pool)));
    }
    if (rv == APR_SUCCESS && !row) {
        return wfp_r2_rows_fail(db, &up->ask, WFP_R2_NO_UPLOAD);
    }
    if (rv == APR_SUCCESS
        && wfp_r2_rows_read_meta(&up->meta, row[0], 1, db->pool)
               != APR_SUCCESS) {
        return wfp_result_set(db->res, WFP_INTERNAL, APR_EGENERAL,
                              "an R2 upload's row is none");
    }
    return rv;
}

static apr_status_t create_upload(wfp_dbd_t *db, void *baton)
{
    static const wfp_sql_t insert = {
        "r2_upload_insert", "INSERT INTO r2_uploads (id, bucket_id, name, "
                            "created, meta) VALUES (%s, %s, %s, %lld, %s)"
    };
    upload_t *up = baton;
    const wfp_r2_call_t *call = up->ask.call;
    apr_status_t rv = wfp_r2_rows_lock(db, &up->ask);

    return rv == APR_SUCCESS
               ? wfp_dbd_exec(NULL, db, &insert,
                              DBD_ARGS(up->id, up->ask.bucket_id,
                                       wfp_r2_uploads_name(call->key, up->id,
                                                           db->pool),
                                       wfp_dbd_num(db, wfp_r2_rows_now()),
                                       wfp_r2_rows_meta(&call->meta,
                                                        up->ask.storage_class,
                                                        db->pool)))
               : rv;
}

static apr_status_t abort_upload(wfp_dbd_t *db, void *baton)
{
    upload_t *up = baton;
    apr_status_t rv = lock_upload(db, up);

    return rv == APR_SUCCESS
               ? wfp_r2_rows_drop_upload(db, &up->ask, up->ask.call->upload_id)
               : rv;
}

static apr_int64_t bytes_of(const apr_array_header_t *rows)
{
    apr_int64_t bytes = 0;
    int i;

    for (i = 0; i < rows->nelts; i++) {
        bytes += APR_ARRAY_IDX(rows, i, wfp_r2_row_t).size;
    }
    return bytes;
}

static apr_status_t put_part(wfp_dbd_t *db, void *baton)
{
    upload_t *up = baton;
    wfp_r2_call_t *call = up->ask.call;
    wfp_r2_row_t piece = { up->stored->file, call->part_number,
                           up->stored->size, up->stored->etag,
                           wfp_r2_rows_now() };
    apr_array_header_t *old;
    apr_status_t rv = lock_upload(db, up);

    if (rv == APR_SUCCESS) {
        rv = wfp_r2_rows_pieces(&old, db, call->upload_id, call->part_number,
                                call->part_number);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_r2_rows_count(db, &up->ask, 0, 0, piece.size - bytes_of(old));
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_r2_rows_kill_parts(db, call->upload_id, call->part_number,
                                    call->part_number);
    }
    return rv == APR_SUCCESS
               ? wfp_r2_rows_add_piece(db, call->upload_id, &piece)
               : rv;
}

apr_status_t wfp_r2_uploads_put(wfp_store_t *store, const char *bucket,
                                wfp_r2_call_t *call,
                                const wfp_r2_stored_t *stored,
                                wfp_result_t *res)
{
    upload_t up = { .ask = { bucket, call, NULL, NULL, 0 }, .stored = stored };
    apr_status_t rv = wfp_dbd_run(store, WFP_DBD_WRITE, put_part, &up, res,
                                  call->pool);

    if (rv == APR_SUCCESS) {
        call->etag = stored->etag;
    }
    return rv;
}

static apr_status_t list_parts(wfp_dbd_t *db, void *baton)
{
    upload_t *up = baton;
    wfp_r2_call_t *call = up->ask.call;
    int limit = call->limit ? call->limit : WFP_R2_LIST_MAX, i;
    apr_array_header_t *rows;
    wfp_r2_part_t *parts;
    apr_status_t rv = lock_upload(db, up);

    if (rv == APR_SUCCESS) {
        rv = wfp_r2_rows_pieces(&rows, db, call->upload_id,
                                (apr_int64_t)call->after_part + 1,
                                WFP_R2_PARTS_MAX);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    call->more = rows->nelts > limit;
    call->count = call->more ? limit : rows->nelts;
    parts = apr_palloc(db->pool,
                       sizeof(*parts) * ((apr_size_t)call->count + 1));
    for (i = 0; i < call->count; i++) {
        const wfp_r2_row_t *row = &APR_ARRAY_IDX(rows, i, wfp_r2_row_t);

        parts[i].number = (int)row->number;
        parts[i].etag = row->etag;
        parts[i].size = row->size;
        parts[i].uploaded = row->uploaded;
    }
    call->parts = parts;
    return rv;
}

/* ---- complete ------------------------------------------------------------------- */

static int by_number(const void *a, const void *b)
{
    return ((const wfp_r2_part_t *)a)->number
           - ((const wfp_r2_part_t *)b)->number;
}

/* call's parts in their order; NULL: a number is there twice */
static const wfp_r2_part_t *sort_parts(const wfp_r2_call_t *call, apr_pool_t *p)
{
    wfp_r2_part_t *parts = apr_pmemdup(p, call->parts,
                                       sizeof(*parts)
                                           * (apr_size_t)call->count);
    int i;

    qsort(parts, (apr_size_t)call->count, sizeof(*parts), by_number);
    for (i = 1; i < call->count; i++) {
        if (parts[i].number == parts[i - 1].number) {
            return NULL;
        }
    }
    return parts;
}

/* Keep the rows that parts name, in rows from the first; the others go, those
 * between two that stay at once: there may be 10,000, and writers wait. */
static apr_status_t choose(wfp_dbd_t *db, const upload_t *up,
                           apr_array_header_t *rows, const wfp_r2_part_t *parts)
{
    const wfp_r2_call_t *call = up->ask.call;
    apr_status_t rv = APR_SUCCESS;
    apr_int64_t gap = 0; /* the first of those that go */
    int i, n = 0;

    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        const wfp_r2_row_t *row = &APR_ARRAY_IDX(rows, i, wfp_r2_row_t);

        if (n == call->count || parts[n].number != row->number) {
            gap = gap ? gap : row->number;
            continue;
        }
        if (strcmp(parts[n].etag, row->etag) != 0) {
            return wfp_r2_rows_fail(db, &up->ask, WFP_R2_BAD_PART);
        }
        if (gap) {
            rv = wfp_r2_rows_kill_parts(db, call->upload_id, gap,
                                        row->number - 1);
            gap = 0;
        }
        APR_ARRAY_IDX(rows, n++, wfp_r2_row_t) = *row;
    }
    rows->nelts = n;
    if (rv == APR_SUCCESS && n < call->count) {
        return wfp_r2_rows_fail(db, &up->ask, WFP_R2_BAD_PART);
    }
    return rv == APR_SUCCESS && gap
               ? wfp_r2_rows_kill_parts(db, call->upload_id, gap,
                                        WFP_R2_PARTS_MAX)
               : rv;
}

static apr_status_t check_sizes(wfp_dbd_t *db, const upload_t *up,
                                const apr_array_header_t *rows)
{
    apr_int64_t each = APR_ARRAY_IDX(rows, 0, wfp_r2_row_t).size;
    int i, last = rows->nelts - 1, equal = 1;

    for (i = 0; i <= last; i++) {
        apr_int64_t size = APR_ARRAY_IDX(rows, i, wfp_r2_row_t).size;

        if (i < last && size < WFP_R2_PART_MIN) {
            return wfp_r2_rows_fail(db, &up->ask, WFP_R2_TOO_SMALL);
        }
        equal &= i < last ? size == each : size <= each;
    }
    return equal ? APR_SUCCESS
                 : wfp_r2_rows_fail(db, &up->ask, WFP_R2_BAD_UPLOAD);
}

/* Pieces of an object are numbered from 1 without gaps. */
static apr_status_t renumber(wfp_dbd_t *db, const upload_t *up,
                             const apr_array_header_t *rows)
{
    static const wfp_sql_t move = {
        "r2_renumber", "UPDATE r2_pieces SET number = %lld WHERE owner = %s "
                       "AND number = %lld"
    };
    apr_status_t rv = APR_SUCCESS;
    int i;

    for (i = 0; rv == APR_SUCCESS && i < rows->nelts; i++) {
        apr_int64_t number = APR_ARRAY_IDX(rows, i, wfp_r2_row_t).number;

        if (number != i + 1) {
            rv = wfp_dbd_exec(NULL, db, &move,
                              DBD_ARGS(wfp_dbd_num(db, i + 1),
                                       up->ask.call->upload_id,
                                       wfp_dbd_num(db, number)));
        }
    }
    return rv;
}

static int digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* MD5 of the parts' MD5s, and their count. */
static apr_status_t make_etag(const char **petag,
                              const apr_array_header_t *rows, apr_pool_t *p)
{
    apr_size_t n = (apr_size_t)rows->nelts * MD5_SIZE;
    unsigned char *all = apr_palloc(p, n), md[WFP_DIGEST_MAX];
    const wfp_bytes_t bytes = { all, n };
    apr_size_t i;
    apr_status_t rv;

    for (i = 0; i < n; i++) {
        const char
            *etag = APR_ARRAY_IDX(rows, (int)(i / MD5_SIZE), wfp_r2_row_t).etag;

        all[i] = (unsigned char)(digit(etag[i % MD5_SIZE * 2]) << 4
                                 | digit(etag[i % MD5_SIZE * 2 + 1]));
    }
    rv = wfp_crypto_digest(md, WFP_HASH_MD5, &bytes, NULL);
    *petag = rv == APR_SUCCESS
                 ? apr_psprintf(p, "%s-%d", wfp_crypto_hex(md, MD5_SIZE, p),
                                rows->nelts)
                 : NULL;
    return rv;
}

static apr_status_t make_object(wfp_r2_object_t **pobject, wfp_dbd_t *db,
                                const upload_t *up,
                                const apr_array_header_t *rows)
{
    wfp_r2_object_t *object = apr_pcalloc(db->pool, sizeof(*object));
    apr_status_t rv = make_etag(&object->etag, rows, db->pool);

    object->key = up->ask.call->key;
    object->version = up->ask.call->upload_id;
    object->uploaded = wfp_r2_rows_now();
    object->meta = up->meta;
    object->size = bytes_of(rows);
    *pobject = object;
    return rv == APR_SUCCESS
               ? rv
               : wfp_result_set(db->res, WFP_INTERNAL, rv, "no MD5");
}

/* @param pbytes  of all its parts, those that no part of call names included */
static apr_status_t take_parts(apr_array_header_t **prows, apr_int64_t *pbytes,
                               wfp_dbd_t *db, upload_t *up)
{
    const wfp_r2_part_t *parts = sort_parts(up->ask.call, db->pool);
    apr_status_t rv = lock_upload(db, up);

    if (rv == APR_SUCCESS && !parts) {
        return wfp_r2_rows_fail(db, &up->ask, WFP_R2_BAD_UPLOAD);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_r2_rows_pieces(prows, db, up->ask.call->upload_id, 1,
                                WFP_R2_PARTS_MAX);
    }
    if (rv == APR_SUCCESS) {
        *pbytes = bytes_of(*prows);
        rv = choose(db, up, *prows, parts);
    }
    return rv == APR_SUCCESS ? check_sizes(db, up, *prows) : rv;
}

static apr_status_t complete_upload(wfp_dbd_t *db, void *baton)
{
    upload_t *up = baton;
    wfp_r2_call_t *call = up->ask.call;
    wfp_r2_object_t *object, *old;
    apr_array_header_t *rows;
    apr_int64_t parts = 0;
    apr_status_t rv = take_parts(&rows, &parts, db, up);

    if (rv == APR_SUCCESS) {
        rv = renumber(db, up, rows);
    }
    if (rv == APR_SUCCESS) {
        rv = make_object(&object, db, up, rows);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_r2_rows_find(&old, db, &up->ask, call->key);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_r2_rows_end_upload(NULL, db, call->upload_id);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_r2_rows_replace(db, &up->ask, object, old, parts);
    }
    call->object = rv == APR_SUCCESS ? object : NULL;
    return rv;
}

/* ---- calls ---------------------------------------------------------------------- */

static apr_status_t make_id(const char **pid, wfp_result_t *res, apr_pool_t *p)
{
    unsigned char id[MD5_SIZE];
    apr_status_t rv = wfp_crypto_random(id, sizeof(id));

    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv, "no random bytes");
    }
    *pid = wfp_crypto_hex(id, sizeof(id), p);
    return rv;
}

apr_status_t wfp_r2_uploads_run(wfp_store_t *store, const char *bucket,
                                wfp_r2_call_t *call, wfp_result_t *res)
{
    upload_t up = { .ask = { bucket, call, NULL, NULL, 0 } };
    apr_status_t rv;

    switch (call->verb) {
    case WFP_R2_CREATE_UPLOAD:
        rv = make_id(&up.id, res, call->pool);
        if (rv == APR_SUCCESS) {
            rv = wfp_dbd_run(store, WFP_DBD_WRITE, create_upload, &up, res,
                             call->pool);
            call->upload_id = up.id;
        }
        return rv;
    case WFP_R2_ABORT:
        return wfp_dbd_run(store, WFP_DBD_WRITE, abort_upload, &up, res,
                           call->pool);
    case WFP_R2_COMPLETE:
        return wfp_dbd_run(store, WFP_DBD_WRITE, complete_upload, &up, res,
                           call->pool);
    default:
        return wfp_dbd_run(store, WFP_DBD_SNAPSHOT, list_parts, &up, res,
                           call->pool);
    }
}
