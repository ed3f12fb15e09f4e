/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of R2: what keys, metadata, conditions and ranges may be, with
 * Cloudflare's numbers and texts for what may not. Called by the Worker API, the
 * REST API, the S3 endpoint and who keeps the objects. It knows none of them.
 */
#include "core/r2.h"

#include <apr_date.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "core/json.h"

static const wfp_r2_fault_row_t faults[WFP_R2_FAULT_COUNT] = {
    [WFP_R2_FINE] = { 0, "OK" },
    [WFP_R2_INTERNAL] = { 10001, "We encountered an internal error. Please try "
                                 "again." },
    [WFP_R2_NO_BUCKET] = { 10006, "The specified bucket does not exist." },
    [WFP_R2_NO_KEY] = { 10007, "The specified key does not exist." },
    [WFP_R2_TOO_SMALL] = { 10011, "Your proposed upload is smaller than the "
                                  "minimum allowed object size." },
    [WFP_R2_METADATA_SIZE] = { 10012,
                               "Your metadata headers exceed the maximum "
                               "allowed metadata size." },
    [WFP_R2_BAD_NAME] = { 10020, "The specified object name is not valid." },
    [WFP_R2_BAD_LIMIT] = { 10022, "MaxKeys params must be positive integer <= "
                                  "1000." },
    [WFP_R2_NO_UPLOAD] = { 10024, "The specified multipart upload does not "
                                  "exist." },
    [WFP_R2_BAD_PART] = { 10025, "One or more of the specified parts could not "
                                 "be found." },
    [WFP_R2_UNMET] = { 10031,
                       "At least one of the pre-conditions you specified "
                       "did not hold." },
    [WFP_R2_BAD_DIGEST] = { 10037, "The checksum you specified did not match "
                                   "what we received." },
    [WFP_R2_BAD_RANGE] = { 10039, "The requested range is not satisfiable" },
    [WFP_R2_BAD_VALUE] = { 10040, "An argument of the call is not valid." },
    [WFP_R2_BAD_UPLOAD] = { 10048, "There was a problem with the multipart "
                                   "upload." },
    [WFP_R2_TOO_LARGE] = { 100100, "Your proposed upload exceeds the maximum "
                                   "allowed object size." },
    [WFP_R2_FULL] = { 10050, "The bucket is full." },
};

static const char *const verbs[WFP_R2_VERB_COUNT] = {
    [WFP_R2_HEAD] = "head",
    [WFP_R2_GET] = "get",
    [WFP_R2_PUT] = "put",
    [WFP_R2_DELETE] = "delete",
    [WFP_R2_LIST] = "list",
    [WFP_R2_CREATE_UPLOAD] = "createMultipartUpload",
    [WFP_R2_PUT_PART] = "uploadPart",
    [WFP_R2_COMPLETE] = "completeMultipartUpload",
    [WFP_R2_ABORT] = "abortMultipartUpload",
    [WFP_R2_LIST_PARTS] = "listParts",
    [WFP_R2_LIST_UPLOADS] = "listMultipartUploads",
};

const char *wfp_r2_verb_name(wfp_r2_verb_e verb)
{
    return verbs[verb];
}

const wfp_r2_fault_row_t *wfp_r2_fault_row(wfp_r2_fault_e fault)
{
    return &faults[fault];
}

apr_status_t wfp_r2_fail(wfp_r2_call_t *call, wfp_r2_fault_e fault,
                         wfp_result_t *res)
{
    call->fault = fault;
    return wfp_result_set(res,
                          fault == WFP_R2_FULL ? WFP_QUOTA_EXCEEDED
                                               : WFP_R2_ERROR,
                          APR_EGENERAL, "%s: %s (%d)", verbs[call->verb],
                          faults[fault].text, faults[fault].code);
}

int wfp_r2_is_key(const char *key, apr_size_t n)
{
    return n > 0 && n <= WFP_R2_KEY_MAX && !memchr(key, '\0', n)
           && wfp_json_is_utf8(key);
}

int wfp_r2_is_bucket_name(const char *name)
{
    apr_size_t n = strlen(name);

    return n >= 3 && n <= 63
           && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == n
           && name[0] != '-' && name[n - 1] != '-';
}

/* ---- metadata ----------------------------------------------------------------- */

/* A header's value. */
static int is_value(const char *text)
{
    const char *at;

    for (at = text; at && *at; at++) {
        if (apr_iscntrl(*at) && *at != '\t') {
            return 0;
        }
    }
    return !text || (at - text <= WFP_R2_HTTP_MAX && wfp_json_is_utf8(text));
}

static int is_class(const char *text)
{
    return !text || !strcmp(text, "Standard")
           || !strcmp(text, "InfrequentAccess");
}

wfp_r2_fault_e wfp_r2_check_meta(const wfp_r2_meta_t *meta)
{
    const wfp_r2_http_t *http = &meta->http;
    apr_size_t n = 0;
    int i;

    if (!is_value(http->content_type) || !is_value(http->content_language)
        || !is_value(http->content_disposition)
        || !is_value(http->content_encoding) || !is_value(http->cache_control)
        || !is_class(meta->storage_class)) {
        return WFP_R2_BAD_VALUE;
    }
    for (i = 0; i < meta->custom_count && n <= WFP_R2_METADATA_MAX; i++) {
        if (!wfp_json_is_utf8(meta->custom[i].name)
            || !wfp_json_is_utf8(meta->custom[i].value)) {
            return WFP_R2_BAD_VALUE;
        }
        n += strlen(meta->custom[i].name) + strlen(meta->custom[i].value);
    }
    return n <= WFP_R2_METADATA_MAX ? WFP_R2_FINE : WFP_R2_METADATA_SIZE;
}

/* ---- conditions --------------------------------------------------------------- */

static int is_one_of(const wfp_r2_etag_t *list, int count, const char *etag,
                     int weakly)
{
    int i;

    for (i = 0; i < count; i++) {
        if (!strcmp(list[i].value, "*")
            || ((weakly || !list[i].weak) && !strcmp(list[i].value, etag))) {
            return 1;
        }
    }
    return 0;
}

static apr_time_t grain(apr_time_t t, int seconds)
{
    return seconds ? apr_time_from_sec(apr_time_sec(t)) : t;
}

int wfp_r2_condition_holds(const wfp_r2_condition_t *c,
                           const wfp_r2_object_t *object)
{
    apr_time_t uploaded;
    int matches, matches_not;

    if (!c) {
        return 1;
    }
    if (!object) {
        return !c->matches && !c->after;
    }
    matches = !c->matches
              || is_one_of(c->matches, c->matches_count, object->etag, 0);
    matches_not = !c->matches_not
                  || !is_one_of(c->matches_not, c->matches_not_count,
                                object->etag, 1);
    uploaded = grain(object->uploaded, c->seconds);
    /* an etag that was asked for and holds says more than a time */
    return matches && matches_not
           && (!c->after || c->matches_not
               || grain(c->after, c->seconds) < uploaded)
           && (!c->before || c->matches
               || uploaded < grain(c->before, c->seconds));
}

/* One entity tag at *pat. @return 1: it is one */
static int read_etag(wfp_r2_etag_t *etag, const char **pat, apr_pool_t *p)
{
    const char *at = *pat, *end;

    etag->weak = !strncmp(at, "W/", 2);
    at += etag->weak ? 2 : 0;
    if (*at != '"' || !(end = strchr(at + 1, '"'))) {
        return 0;
    }
    etag->value = apr_pstrmemdup(p, at + 1, (apr_size_t)(end - at) - 1);
    if (!strcmp(etag->value, "*")) {
        return 0; /* would stand for all */
    }
    *pat = end + 1;
    return 1;
}

int wfp_r2_read_etags(const wfp_r2_etag_t **petags, int *pcount,
                      const char *text, apr_pool_t *p)
{
    apr_array_header_t *list = apr_array_make(p, 2, sizeof(wfp_r2_etag_t));
    const char *at = text + strspn(text, " \t");

    if (*at == '*') {
        wfp_r2_etag_t *etag = apr_array_push(list);

        etag->value = "*";
        etag->weak = 0;
        at++;
        at += strspn(at, " \t");
    }
    while (*at) {
        if (list->nelts && *at++ != ',') {
            return 0;
        }
        at += strspn(at, " \t,");
        if (*at && !read_etag(apr_array_push(list), &at, p)) {
            return 0;
        }
        at += strspn(at, " \t");
    }
    *petags = (const wfp_r2_etag_t *)list->elts;
    *pcount = list->nelts;
    return list->nelts > 0;
}

const wfp_r2_condition_t *wfp_r2_read_condition(const char *if_match,
                                                const char *if_none_match,
                                                const char *if_modified_since,
                                                const char *if_unmodified_since,
                                                apr_pool_t *p)
{
    static const wfp_r2_etag_t no_etag = { "", 0 };
    wfp_r2_condition_t *c = apr_pcalloc(p, sizeof(*c));
    apr_time_t t;

    if (if_match
        && !wfp_r2_read_etags(&c->matches, &c->matches_count, if_match, p)) {
        c->matches = &no_etag;
        c->matches_count = 0;
    }
    if (if_none_match
        && !wfp_r2_read_etags(&c->matches_not, &c->matches_not_count,
                              if_none_match, p)) {
        c->matches_not = NULL;
    }
    t = if_modified_since && !c->matches_not
            ? apr_date_parse_http(if_modified_since)
            : APR_DATE_BAD;
    c->after = t;
    t = if_unmodified_since && !c->matches
            ? apr_date_parse_http(if_unmodified_since)
            : APR_DATE_BAD;
    /* the header's second counts, ours does not */
    c->before = t ? t + apr_time_from_sec(1) : 0;
    c->seconds = 1;
    return c->matches || c->matches_not || c->after || c->before ? c : NULL;
}

/* ---- ranges ------------------------------------------------------------------- */

/* Digits at *pat. @return -1: none, or too many */
static apr_int64_t read_digits(const char **pat)
{
    apr_size_t n = strspn(*pat, "0123456789");
    apr_int64_t v = n && n < 19 ? apr_strtoi64(*pat, NULL, 10) : -1;

    *pat += n;
    return v;
}

void wfp_r2_read_range(wfp_r2_range_t *range, const char *text)
{
    wfp_r2_range_t r = { 1, -1, -1, -1 };
    const wfp_r2_range_t none = { 0, -1, -1, -1 };
    apr_int64_t last;

    *range = none;
    if (!text || strncmp(text, "bytes=", 6) != 0) {
        return;
    }
    text += 6;
    text += strspn(text, " ");
    if (*text == '-') {
        text++;
        r.suffix = read_digits(&text);
        if (r.suffix < 0) {
            return;
        }
    }
    else {
        r.offset = read_digits(&text);
        if (r.offset < 0 || *text++ != '-') {
            return;
        }
        if (apr_isdigit(*text)) {
            last = read_digits(&text);
            if (last < r.offset) {
                return;
            }
            r.length = last - r.offset + 1;
        }
    }
    text += strspn(text, " ");
    if (!*text) {
        *range = r;
    }
}

int wfp_r2_resolve_range(apr_int64_t *poffset, apr_int64_t *plength,
                         const wfp_r2_range_t *range, apr_int64_t size)
{
    *poffset = 0;
    *plength = size;
    if (!range->given) {
        return 1;
    }
    if (range->suffix >= 0) {
        *plength = range->suffix < size ? range->suffix : size;
        *poffset = size - *plength;
        return *plength > 0;
    }
    *poffset = range->offset > 0 ? range->offset : 0;
    if (*poffset >= size && (size > 0 || *poffset > 0)) {
        return 0;
    }
    *plength = size - *poffset;
    if (range->length >= 0 && range->length < *plength) {
        *plength = range->length;
    }
    return range->length != 0;
}
