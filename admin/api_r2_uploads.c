/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Uploads in parts by the API, for who has no S3 key, such as the admin page: a
 * part that was lost is sent again alone, and none is larger than what
 * LimitRequestBody or a proxy lets through. The key is not in the path: it is the
 * object's only once the upload is complete.
 */
#include "admin/api_r2_uploads.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/api_body.h"
#include "admin/api_r2.h"
#include "admin/api_r2_objects.h"

static apr_status_t bad(wfp_api_call_t *call, const char *why)
{
    return wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "%s", why);
}

/* @param given  NULL: there is none */
static apr_status_t check_key(wfp_api_call_t *call, const char *given)
{
    return given && wfp_r2_is_key(given, strlen(given))
               ? APR_SUCCESS
               : wfp_api_answer_error(call, WFP_API_R2_BAD_KEY, NULL);
}

/* ---- begin ---------------------------------------------------------------------- */

static const char *text_of(const wfp_json_t *doc, const char *name,
                           apr_pool_t *p)
{
    return wfp_json_str(wfp_json_get(doc, name, p));
}

static apr_status_t read_meta(wfp_r2_meta_t *meta, wfp_api_call_t *call,
                              const wfp_json_t *doc)
{
    apr_pool_t *p = call->pool;
    wfp_json_t *http = wfp_json_get(doc, "httpMetadata", p);

    meta->http.content_type = text_of(http, "contentType", p);
    meta->http.content_language = text_of(http, "contentLanguage", p);
    meta->http.content_disposition = text_of(http, "contentDisposition", p);
    meta->http.content_encoding = text_of(http, "contentEncoding", p);
    meta->http.cache_control = text_of(http, "cacheControl", p);
    return wfp_api_r2_read_class(&meta->storage_class, call,
                                 text_of(doc, "storageClass", p));
}

apr_status_t wfp_api_r2_uploads_create(wfp_api_call_t *call)
{
    static const char *const members[] = { "key", "httpMetadata",
                                           "storageClass", NULL };
    wfp_r2_call_t r2 = { .verb = WFP_R2_CREATE_UPLOAD };
    wfp_json_t *doc, *answer = wfp_json_object(call->pool);
    apr_status_t rv = wfp_api_r2_check_place(call);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_object(&doc, call);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_known(call, doc, members, 0);
    }
    if (rv == APR_SUCCESS) {
        r2.key = text_of(doc, "key", call->pool);
        rv = check_key(call, r2.key);
    }
    if (rv == APR_SUCCESS) {
        rv = read_meta(&r2.meta, call, doc);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_api_r2_objects_run(call, &r2, NULL);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_json_set_str(answer, "key", r2.key);
    wfp_json_set_str(answer, "uploadId", r2.upload_id);
    return wfp_api_answer_json(call, answer);
}

/* ---- parts ---------------------------------------------------------------------- */

static apr_status_t read_number(int *pn, wfp_api_call_t *call)
{
    const char *text = wfp_api_call_param(call, "part");
    apr_size_t n = strlen(text);
    apr_int64_t number = n < 6 && strspn(text, "0123456789") == n
                             ? apr_atoi64(text)
                             : 0;

    *pn = (int)number;
    return number >= 1 && number <= WFP_R2_PARTS_MAX
               ? APR_SUCCESS
               : bad(call, "the part: a number from 1 to 10000");
}

apr_status_t wfp_api_r2_uploads_put_part(wfp_api_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_PUT_PART };
    wfp_json_t *answer = wfp_json_object(call->pool);
    apr_status_t rv = wfp_api_r2_check_place(call);

    if (rv == APR_SUCCESS) {
        rv = read_number(&r2.part_number, call);
    }
    if (rv == APR_SUCCESS) {
        r2.key = wfp_api_call_query(call, "key");
        rv = check_key(call, r2.key);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    r2.upload_id = wfp_api_call_param(call, "upload");
    r2.source = wfp_api_body_open(call->server, call->r);
    rv = wfp_api_r2_objects_run(call, &r2, NULL);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    call->body_read = 1;
    wfp_json_set_int(answer, "partNumber", r2.part_number);
    wfp_json_set_str(answer, "etag", r2.etag);
    return wfp_api_answer_json(call, answer);
}

/* ---- end ------------------------------------------------------------------------ */

static apr_status_t read_part(wfp_r2_part_t *part, wfp_api_call_t *call,
                              const wfp_json_t *doc)
{
    apr_int64_t number = 0;

    part->etag = text_of(doc, "etag", call->pool);
    if (!part->etag
        || !wfp_json_int(wfp_json_get(doc, "partNumber", call->pool), &number)
        || number < 1 || number > WFP_R2_PARTS_MAX) {
        return bad(call, "parts: an array of {partNumber, etag}");
    }
    part->number = (int)number;
    return APR_SUCCESS;
}

static apr_status_t read_parts(wfp_r2_call_t *r2, wfp_api_call_t *call,
                               const wfp_json_t *doc)
{
    wfp_json_t *list = wfp_json_get(doc, "parts", call->pool);
    apr_size_t i, n = wfp_json_is_array(list) ? wfp_json_size(list) : 0;
    wfp_r2_part_t *parts;
    apr_status_t rv = APR_SUCCESS;

    if (n == 0 || n > WFP_R2_PARTS_MAX) {
        return bad(call, "parts: 1 to 10000 of them");
    }
    parts = apr_pcalloc(call->pool, n * sizeof(*parts));
    for (i = 0; rv == APR_SUCCESS && i < n; i++) {
        rv = read_part(&parts[i], call, wfp_json_at(list, i, call->pool));
    }
    r2->parts = parts;
    r2->count = (int)n;
    return rv;
}

apr_status_t wfp_api_r2_uploads_complete(wfp_api_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_COMPLETE };
    wfp_json_t *doc;
    apr_status_t rv = wfp_api_r2_check_place(call);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_call_object(&doc, call);
    }
    if (rv == APR_SUCCESS) {
        r2.key = text_of(doc, "key", call->pool);
        rv = check_key(call, r2.key);
    }
    if (rv == APR_SUCCESS) {
        rv = read_parts(&r2, call, doc);
    }
    if (rv == APR_SUCCESS) {
        r2.upload_id = wfp_api_call_param(call, "upload");
        rv = wfp_api_r2_objects_run(call, &r2, "put_object");
    }
    return rv == APR_SUCCESS
               ? wfp_api_answer_json(call, wfp_api_r2_objects_show(r2.object,
                                                                   call->pool))
               : rv;
}

apr_status_t wfp_api_r2_uploads_abort(wfp_api_call_t *call)
{
    wfp_r2_call_t r2 = { .verb = WFP_R2_ABORT };
    apr_status_t rv = wfp_api_r2_check_place(call);

    if (rv == APR_SUCCESS) {
        r2.key = wfp_api_call_query(call, "key");
        rv = check_key(call, r2.key);
    }
    if (rv == APR_SUCCESS) {
        r2.upload_id = wfp_api_call_param(call, "upload");
        rv = wfp_api_r2_objects_run(call, &r2, NULL);
    }
    return rv == APR_SUCCESS
               ? wfp_api_answer_json(call, wfp_json_object(call->pool))
               : rv;
}
