/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the few documents that S3 has in requests. All are lists of records, no
 * deeper than root, record, member: anything else is MalformedXML.
 */
#include "admin/s3_parse.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

#include "admin/s3_payload.h"
#include "core/xml.h"

#define XML_MAX ((apr_size_t)2 << 20)
#define DEPTH   3

/* Called for each element as it ends. @param depth  1: the root @param parent
 *  its name, "" of the root @param text  what stands in it, "" when nothing */
typedef apr_status_t visit_fn(void *baton, int depth, const char *parent,
                              const char *name, const char *text);

typedef struct walk_t {
    wfp_s3_call_t *call;
    const char *names[DEPTH + 1];
    const char *text;
    int depth;
} walk_t;

static int never(void *baton)
{
    (void)baton;
    return 0;
}

static apr_status_t malformed(wfp_s3_call_t *call)
{
    return wfp_s3_call_fail(call, WFP_S3_MALFORMED_XML, NULL);
}

/* One event. @return the next */
static const char *step(apr_status_t *prv, walk_t *walk, const char *at,
                        visit_fn *visit, void *baton)
{
    const char *text = at + 1;

    switch (*at) {
    case WFP_XML_START:
        if (walk->depth == DEPTH) {
            *prv = malformed(walk->call);
            return at;
        }
        walk->names[++walk->depth] = text;
        walk->text = "";
        return text + strlen(text) + 1;
    case WFP_XML_ATTRIBUTE: /* xmlns */
        text += strlen(text) + 1;
        return text + strlen(text) + 1;
    case WFP_XML_TEXT:
        walk->text = text;
        return text + strlen(text) + 1;
    default:
        *prv = visit(baton, walk->depth, walk->names[walk->depth - 1],
                     walk->names[walk->depth], walk->text);
        walk->depth--;
        walk->text = "";
        return text;
    }
}

static apr_status_t read_document(wfp_s3_call_t *call, const char *data,
                                  apr_size_t n, visit_fn *visit, void *baton)
{
    static const wfp_stop_t stop = { never, NULL };
    char *events = apr_palloc(call->pool, wfp_xml_room(n));
    walk_t walk = { call, { "", "", "", "" }, "", 0 };
    wfp_xml_fault_t fault;
    const char *at = events;
    apr_size_t size;
    apr_status_t rv = wfp_xml_read(events, &size, data, n, &fault, &stop);

    if (rv != APR_SUCCESS) {
        return rv == APR_EINVAL ? malformed(call)
                                : wfp_s3_call_fail(call, WFP_S3_INTERNAL, NULL);
    }
    while (rv == APR_SUCCESS && at < events + size) {
        at = step(&rv, &walk, at, visit, baton);
    }
    return rv;
}

static apr_status_t read_body(wfp_s3_call_t *call, visit_fn *visit, void *baton)
{
    const char *data;
    apr_size_t n;
    apr_status_t rv = wfp_s3_payload_slurp(&data, &n, call, XML_MAX);

    return rv == APR_SUCCESS ? read_document(call, data, n, visit, baton) : rv;
}

/* ---- Delete ----------------------------------------------------------------------- */

typedef struct delete_t {
    wfp_s3_call_t *call;
    wfp_s3_delete_t *ask;
    const char *key; /* of the record */
} delete_t;

static apr_status_t end_object(delete_t *d)
{
    if (!d->key || d->ask->count == WFP_R2_DELETE_MAX) {
        return malformed(d->call);
    }
    d->ask->keys[d->ask->count++] = d->key;
    d->key = NULL;
    return APR_SUCCESS;
}

static apr_status_t visit_delete(void *baton, int depth, const char *parent,
                                 const char *name, const char *text)
{
    delete_t *d = baton;

    if (depth == 1) {
        return strcmp(name, "Delete") ? malformed(d->call) : APR_SUCCESS;
    }
    if (depth == 2 && !strcmp(name, "Object")) {
        return end_object(d);
    }
    if (depth == 2 && !strcmp(name, "Quiet")) {
        d->ask->quiet = !strcmp(text, "true");
        return APR_SUCCESS;
    }
    if (depth == 3 && !strcmp(parent, "Object") && !strcmp(name, "Key")
        && !d->key) {
        d->key = text;
        return APR_SUCCESS;
    }
    if (depth == 3 && *text && strcmp(text, "null")) { /* VersionId, ETag */
        return wfp_s3_call_fail(d->call, WFP_S3_NOT_IMPLEMENTED,
                                "Delete: %.80s is not implemented", name);
    }
    return depth == 3 ? APR_SUCCESS : malformed(d->call);
}

apr_status_t wfp_s3_parse_delete(wfp_s3_delete_t *ask, wfp_s3_call_t *call)
{
    delete_t d = { call, ask, NULL };
    apr_status_t rv;

    memset(ask, 0, sizeof(*ask));
    ask->keys = apr_palloc(call->pool, WFP_R2_DELETE_MAX * sizeof(char *));
    rv = read_body(call, visit_delete, &d);
    return rv == APR_SUCCESS && ask->count == 0 ? malformed(call) : rv;
}

/* ---- CompleteMultipartUpload ------------------------------------------------------- */

typedef struct parts_t {
    wfp_s3_call_t *call;
    apr_array_header_t *list;
    wfp_r2_part_t part; /* the record */
} parts_t;

static apr_status_t end_part(parts_t *parts)
{
    apr_array_header_t *list = parts->list;

    if (parts->part.number < 1 || parts->part.number > WFP_R2_PARTS_MAX
        || !parts->part.etag) {
        return malformed(parts->call);
    }
    if (list->nelts
        && parts->part.number
               <= APR_ARRAY_IDX(list, list->nelts - 1, wfp_r2_part_t).number) {
        return wfp_s3_call_fail(parts->call, WFP_S3_INVALID_PART_ORDER, NULL);
    }
    APR_ARRAY_PUSH(list, wfp_r2_part_t) = parts->part;
    memset(&parts->part, 0, sizeof(parts->part));
    return APR_SUCCESS;
}

/* Without blanks and quotes around it. */
static const char *plain(const char *text, apr_pool_t *p)
{
    apr_size_t n;

    text += strspn(text, " \t\r\n\"");
    for (n = strlen(text); n > 0 && strchr(" \t\r\n\"", text[n - 1]); n--) {
    }
    return apr_pstrmemdup(p, text, n);
}

static apr_status_t visit_parts(void *baton, int depth, const char *parent,
                                const char *name, const char *text)
{
    parts_t *parts = baton;
    const char *value;

    if (depth == 1) {
        return strcmp(name, "CompleteMultipartUpload") ? malformed(parts->call)
                                                       : APR_SUCCESS;
    }
    if (depth == 2) {
        return strcmp(name, "Part") ? malformed(parts->call) : end_part(parts);
    }
    if (strcmp(parent, "Part")) {
        return malformed(parts->call);
    }
    value = plain(text, parts->call->pool);
    if (!strcmp(name, "PartNumber")) {
        parts->part.number = strlen(value) < 6
                                     && strspn(value, "0123456789")
                                            == strlen(value)
                                 ? (int)apr_strtoi64(value, NULL, 10)
                                 : 0;
    }
    else if (!strcmp(name, "ETag")) {
        parts->part.etag = value;
    }
    return APR_SUCCESS; /* check sums of parts: each was verified as it came */
}

apr_status_t wfp_s3_parse_parts(wfp_r2_part_t **pparts, int *pcount,
                                wfp_s3_call_t *call)
{
    parts_t parts = { call,
                      apr_array_make(call->pool, 64, sizeof(wfp_r2_part_t)),
                      { 0 } };
    apr_status_t rv = read_body(call, visit_parts, &parts);

    if (rv == APR_SUCCESS
        && (parts.list->nelts == 0 || parts.list->nelts > WFP_R2_PARTS_MAX)) {
        return malformed(call);
    }
    *pparts = (wfp_r2_part_t *)(void *)parts.list->elts;
    *pcount = parts.list->nelts;
    return rv;
}

/* ---- CreateBucketConfiguration ------------------------------------------------------ */

static apr_status_t visit_bucket(void *baton, int depth, const char *parent,
                                 const char *name, const char *text)
{
    (void)text;
    (void)parent;
    return depth > 1 || !strcmp(name, "CreateBucketConfiguration")
               ? APR_SUCCESS
               : malformed(baton);
}

apr_status_t wfp_s3_parse_bucket(wfp_s3_call_t *call)
{
    const char *data;
    apr_size_t n;
    apr_status_t rv = wfp_s3_payload_slurp(&data, &n, call, XML_MAX);

    return rv == APR_SUCCESS && n
               ? read_document(call, data, n, visit_bucket, call)
               : rv;
}
