/* SPDX-License-Identifier: Apache-2.0 */
/*
 * R2: rows and files together. A put writes the file first and then the row, so
 * that no row lacks its bytes; whatever ends it in between leaves a file that
 * nobody knows, which r2_sweep.c finds. Called by mod_wfp for Workers, by the
 * REST API and by the S3 endpoint. It must not know who asks.
 */
#include "services/r2.h"

#include <apr_strings.h>
#include <string.h>

#include "core/clock.h"
#include "core/json.h"
#include "services/r2_inside.h"

apr_status_t wfp_r2_create(wfp_r2_t **pr2, wfp_store_t *store,
                           const char *data_dir, apr_int64_t bytes_max,
                           apr_pool_t *p)
{
    wfp_r2_t *r2 = apr_pcalloc(p, sizeof(*r2));

    r2->store = store;
    r2->bytes_max = bytes_max;
    r2->sweep.group = "";
    apr_pool_create(&r2->sweep.pool, p);
    *pr2 = r2;
    return wfp_blobs_create(&r2->blobs, data_dir, "r2", p);
}

const char *wfp_r2_group(const char *id, apr_pool_t *p)
{
    return apr_pstrmemdup(p, id, 3);
}

/* ---- what was asked ------------------------------------------------------------- */

/* A part of a key, or none. */
static int is_part_of_key(const char *text)
{
    return !text || !*text || wfp_r2_is_key(text, strlen(text));
}

static int is_hex(const char *text, apr_size_t n)
{
    return strlen(text) == n && strspn(text, "0123456789abcdef") == n;
}

static wfp_r2_fault_e check_sums(const wfp_r2_call_t *call)
{
    int i;

    for (i = 0; i < WFP_HASH_COUNT; i++) {
        if (call->sums.hex[i]
            && !is_hex(call->sums.hex[i],
                       2U * wfp_crypto_digest_size((wfp_hash_e)i))) {
            return WFP_R2_BAD_VALUE;
        }
    }
    return call->size < 0 ? WFP_R2_BAD_VALUE : WFP_R2_FINE;
}

static wfp_r2_fault_e check_keys(const wfp_r2_call_t *call)
{
    int i;

    if (call->count < 0 || call->count > WFP_R2_DELETE_MAX) {
        return WFP_R2_BAD_VALUE;
    }
    for (i = 0; i < call->count; i++) {
        if (!wfp_r2_is_key(call->keys[i], strlen(call->keys[i]))) {
            return WFP_R2_BAD_NAME;
        }
    }
    return WFP_R2_FINE;
}

static wfp_r2_fault_e check_list(const wfp_r2_call_t *call)
{
    if (call->limit < 0 || call->limit > WFP_R2_LIST_MAX) {
        return WFP_R2_BAD_LIMIT;
    }
    return is_part_of_key(call->prefix) && is_part_of_key(call->delimiter)
                   && is_part_of_key(call->start_after)
               ? WFP_R2_FINE
               : WFP_R2_BAD_NAME;
}

static wfp_r2_fault_e check_parts(const wfp_r2_call_t *call)
{
    int i;

    if (call->count < 1 || call->count > WFP_R2_PARTS_MAX) {
        return WFP_R2_BAD_UPLOAD;
    }
    for (i = 0; i < call->count; i++) {
        if (call->parts[i].number < 1
            || call->parts[i].number > WFP_R2_PARTS_MAX
            || !call->parts[i].etag) {
            return WFP_R2_BAD_PART;
        }
    }
    return WFP_R2_FINE;
}

static wfp_r2_fault_e check_call(const wfp_r2_call_t *call)
{
    int is_list = call->verb == WFP_R2_LIST
                  || call->verb == WFP_R2_LIST_UPLOADS;
    int is_of_upload = call->verb == WFP_R2_PUT_PART
                       || call->verb == WFP_R2_COMPLETE
                       || call->verb == WFP_R2_ABORT
                       || call->verb == WFP_R2_LIST_PARTS;
    wfp_r2_fault_e fault = WFP_R2_FINE;

    if (call->verb == WFP_R2_DELETE) {
        return check_keys(call);
    }
    if (is_list) {
        return check_list(call);
    }
    if (!call->key || !wfp_r2_is_key(call->key, strlen(call->key))) {
        return WFP_R2_BAD_NAME;
    }
    if (is_of_upload && !is_hex(call->upload_id, WFP_R2_ID_SIZE)) {
        return WFP_R2_NO_UPLOAD;
    }
    switch (call->verb) {
    case WFP_R2_PUT:
        fault = check_sums(call);
        return fault ? fault : wfp_r2_check_meta(&call->meta);
    case WFP_R2_CREATE_UPLOAD:
        return wfp_r2_check_meta(&call->meta);
    case WFP_R2_PUT_PART:
        return call->part_number < 1 || call->part_number > WFP_R2_PARTS_MAX
                   ? WFP_R2_BAD_VALUE
                   : check_sums(call);
    case WFP_R2_COMPLETE:
        return check_parts(call);
    case WFP_R2_LIST_PARTS:
        return call->limit < 0 || call->limit > WFP_R2_LIST_MAX
                       || call->after_part < 0
                   ? WFP_R2_BAD_LIMIT
                   : fault;
    default:
        return fault;
    }
}

/* ---- calls ---------------------------------------------------------------------- */

static apr_status_t get(wfp_r2_t *r2, const char *bucket, wfp_r2_call_t *call,
                        wfp_result_t *res)
{
    wfp_r2_place_t place = { NULL, 0 };
    apr_status_t rv = wfp_r2_objects_find(&place, r2->store, bucket, call, res);

    if (rv == APR_SUCCESS && place.pieces) {
        call->body = wfp_r2_read_body(r2, &place, call);
    }
    return rv;
}

/* A put or a part. The first look spares reading what cannot be kept. */
static apr_status_t put(wfp_r2_t *r2, const char *bucket, wfp_r2_call_t *call,
                        const char **plog, wfp_result_t *res)
{
    wfp_r2_stored_t stored;
    apr_status_t rv = wfp_r2_objects_may_put(r2->store, bucket, call, res);

    if (rv != APR_SUCCESS || call->unmet) {
        return rv;
    }
    rv = wfp_r2_write(&stored, r2, call, plog, res);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    rv = call->verb == WFP_R2_PUT
             ? wfp_r2_objects_put(r2->store, bucket, call, &stored, res)
             : wfp_r2_uploads_put(r2->store, bucket, call, &stored, res);
    if (call->unmet
        || (rv != APR_SUCCESS && res->code != WFP_STORE_UNAVAILABLE)) {
        /* it is nobody's, for certain; else the sweep looks */
        wfp_blobs_remove(r2->blobs, wfp_r2_group(stored.file, call->pool),
                         stored.file, call->pool);
    }
    return rv;
}

/* SQLite reads on this thread, and a prefix may be behind many rows. */
static apr_status_t list(wfp_r2_t *r2, const char *bucket, wfp_r2_call_t *call,
                         wfp_result_t *res)
{
    apr_int64_t begun_ns, all_ns;
    apr_status_t rv;

    if (!call->cpu_ns) {
        return wfp_r2_list_run(r2->store, bucket, call, res);
    }
    begun_ns = wfp_clock_thread_ns();
    rv = wfp_r2_list_run(r2->store, bucket, call, res);
    all_ns = __atomic_add_fetch(call->cpu_ns, wfp_clock_thread_ns() - begun_ns,
                                __ATOMIC_RELAXED);
    return rv == APR_SUCCESS && all_ns >= call->cpu_max_ns
               ? wfp_result_set(res, WFP_CPU_LIMIT, APR_TIMEUP, NULL)
               : rv;
}

static apr_status_t run(wfp_r2_t *r2, const char *bucket, wfp_r2_call_t *call,
                        const char **plog, wfp_result_t *res)
{
    switch (call->verb) {
    case WFP_R2_HEAD:
    case WFP_R2_GET:
        return get(r2, bucket, call, res);
    case WFP_R2_PUT:
    case WFP_R2_PUT_PART:
        return put(r2, bucket, call, plog, res);
    case WFP_R2_DELETE:
        return wfp_r2_objects_delete(r2->store, bucket, call, res);
    case WFP_R2_LIST:
    case WFP_R2_LIST_UPLOADS:
        return list(r2, bucket, call, res);
    default:
        return wfp_r2_uploads_run(r2->store, bucket, call, res);
    }
}

/* What the asker is told of a failure; the rest is for the log. */
static apr_status_t tell(const char **plog, wfp_r2_call_t *call,
                         apr_status_t rv, wfp_result_t *res)
{
    const char *text = res->message;

    if (res->code == WFP_STORE_UNAVAILABLE) {
        *plog = text;
        return wfp_result_set(res, WFP_STORE_UNAVAILABLE, rv, NULL);
    }
    if (res->code == WFP_INTERNAL && !*plog) {
        *plog = text;
        return wfp_r2_fail(call, WFP_R2_INTERNAL, res);
    }
    return rv;
}

apr_status_t wfp_r2_run(wfp_r2_t *r2, const char *bucket, wfp_r2_call_t *call,
                        const char **plog, wfp_result_t *res)
{
    wfp_r2_fault_e fault = wfp_r2_is_bucket_name(bucket) ? check_call(call)
                                                         : WFP_R2_NO_BUCKET;
    apr_status_t rv;

    *plog = NULL;
    call->fault = WFP_R2_FINE;
    call->bytes_max = r2->bytes_max;
    call->object = NULL;
    call->body = NULL;
    call->unmet = 0;
    if (fault) {
        rv = wfp_r2_fail(call, fault, res);
    }
    else if (!r2->store) {
        rv = wfp_result_set(res, WFP_STORE_UNAVAILABLE, APR_EGENERAL, NULL);
    }
    else {
        rv = run(r2, bucket, call, plog, res);
    }
    if (call->source) {
        wfp_body_cancel(call->source); /* if it was not read to its end */
    }
    return rv == APR_SUCCESS ? rv : tell(plog, call, rv, res);
}
