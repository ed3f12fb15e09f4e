/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of KV namespaces by the API: raw bytes in and out, or a form with
 * metadata. A key is what the path has behind "values/", undone byte by byte:
 * Workers may use any.
 */
#include "admin/api_kv_values.h"

#include <apr_strings.h>
#include <string.h>

#include "admin/bracket.h"
#include "core/multipart.h"
#include "store/kv_namespaces.h"
#include "store/kv_values.h"

/* What a form has besides the value. */
#define FORM_MAX  ((apr_size_t)64 * 1024)
#define PARTS_MAX 100

#define SECONDS_MAX APR_INT64_C(1000000000000000)

apr_status_t wfp_api_kv_values_refuse(wfp_api_call_t *call,
                                      const wfp_kv_fault_t *fault)
{
    wfp_api_error_e error = fault->what == WFP_KV_BAD_TIME ? WFP_API_KV_TIME
                            : fault->what == WFP_KV_METADATA_SIZE
                                    || fault->what == WFP_KV_VALUE_SIZE
                                ? WFP_API_TOO_LARGE
                            : fault->what == WFP_KV_KEY_COUNT
                                ? WFP_API_KV_KEYS
                                : WFP_API_BAD_REQUEST;

    return wfp_api_answer_error(call, error, "%s", fault->text);
}

/* Say why a call of the service failed. */
static apr_status_t failed(wfp_api_call_t *call, apr_status_t rv)
{
    if (call->res.code == WFP_KV_ERROR && APR_STATUS_IS_EBUSY(rv)) {
        return wfp_api_answer_error(call, WFP_API_STORE_DOWN, "%s",
                                    call->res.message);
    }
    if (call->res.code == WFP_KV_ERROR && APR_STATUS_IS_NOTFOUND(rv)) {
        return wfp_api_answer_error(call, WFP_API_KV_MISSING, NULL);
    }
    if (call->res.code == WFP_QUOTA_EXCEEDED) {
        return wfp_api_answer_error(call, WFP_API_TOO_LARGE,
                                    "The KV namespace is full.");
    }
    return wfp_api_answer_result(call, rv, WFP_API_KV_MISSING,
                                 WFP_API_KV_EXISTS);
}

apr_status_t wfp_api_kv_values_run(wfp_api_call_t *call, wfp_kv_call_t *kv,
                                   const char *action,
                                   const wfp_json_t *details)
{
    const char *ns = wfp_api_call_param(call, "kv"), *log;
    wfp_kv_namespace_t *row;
    apr_status_t rv = wfp_kv_namespaces_get(&row, call->server->store, ns,
                                            &call->res, call->pool);

    if (rv == APR_SUCCESS && action) {
        rv = wfp_audit_note(call->server->store, WFP_CHANGE_KV, ns, action,
                            wfp_json_text(details, call->pool),
                            wfp_api_call_actor(call), &call->res, call->pool);
    }
    if (rv == APR_SUCCESS && !call->server->kv) {
        return wfp_api_answer_error(call, WFP_API_STORE_DOWN, NULL);
    }
    if (rv == APR_SUCCESS) {
        kv->pool = call->pool;
        kv->max = WFP_KV_VALUE_MAX;
        rv = wfp_kv_run(call->server->kv, ns, kv, &log, &call->res);
    }
    return rv == APR_SUCCESS ? rv : failed(call, rv);
}

void wfp_api_kv_values_set_metadata(wfp_kv_item_t *item, const wfp_json_t *v,
                                    apr_pool_t *p)
{
    if (v && !wfp_json_is_null(v)) {
        item->metadata = wfp_json_text(v, p);
        item->metadata_size = strlen(item->metadata);
    }
}

wfp_json_t *wfp_api_kv_values_read_metadata(const wfp_kv_item_t *item,
                                            apr_pool_t *p)
{
    wfp_json_t *doc = NULL;

    /* a Worker's JSON may have what this parser refuses: shown as none */
    if (item->metadata
        && wfp_json_parse(&doc, item->metadata, item->metadata_size, NULL, p)
               != APR_SUCCESS) {
        doc = NULL;
    }
    return doc;
}

/* The one item that the path names. */
static apr_status_t read_key(wfp_kv_item_t *item, wfp_kv_call_t *kv,
                             wfp_api_call_t *call, wfp_kv_verb_e verb)
{
    wfp_kv_fault_t fault;

    memset(item, 0, sizeof(*item));
    memset(kv, 0, sizeof(*kv));
    kv->verb = verb;
    kv->items = item;
    kv->count = 1;
    item->key = wfp_api_route_undo(&item->key_size,
                                   wfp_api_call_param(call, "key"), call->pool);
    if (!item->key) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "the key is badly encoded");
    }
    return wfp_kv_check_key(&fault, item->key, item->key_size)
               ? APR_SUCCESS
               : wfp_api_kv_values_refuse(call, &fault);
}

/* What the audit tells of it. */
static const wfp_json_t *details_of(const wfp_kv_item_t *item, apr_pool_t *p)
{
    wfp_json_t *details = wfp_json_object(p);

    wfp_json_set_str(details, "key",
                     apr_pstrmemdup(p, item->key, item->key_size));
    return details;
}

/* ---- one value ------------------------------------------------------------------ */

static apr_status_t get_item(wfp_kv_item_t *item, wfp_api_call_t *call)
{
    wfp_kv_call_t kv;
    apr_status_t rv = read_key(item, &kv, call, WFP_KV_GET);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_kv_values_run(call, &kv, NULL, NULL);
    }
    if (rv == APR_SUCCESS && !item->value) {
        return wfp_api_answer_error(call, WFP_API_NO_KEY, NULL);
    }
    if (rv == APR_SUCCESS) {
        wfp_api_answer_etag(call, wfp_kv_etag(item, call->pool));
    }
    return rv;
}

/* A change of what the path names, unless it is not what the headers say: a look
 * at it, so that the audit has no change that was refused, and once more where
 * it is done. */
static apr_status_t change_item(wfp_api_call_t *call, wfp_kv_call_t *kv,
                                const char *action)
{
    wfp_kv_item_t is;
    wfp_kv_call_t look;
    apr_status_t rv = APR_SUCCESS;

    kv->match = wfp_api_call_match(call);
    if (kv->match) {
        rv = read_key(&is, &look, call, WFP_KV_GET);
        if (rv == APR_SUCCESS) {
            rv = wfp_api_kv_values_run(call, &look, NULL, NULL);
        }
        if (rv != APR_SUCCESS) {
            return rv;
        }
        kv->pool = call->pool;
        rv = wfp_kv_check_match(kv, &is, &call->res);
        if (rv != APR_SUCCESS) {
            return failed(call, rv);
        }
    }
    return wfp_api_kv_values_run(call, kv, action,
                                 details_of(kv->items, call->pool));
}

apr_status_t wfp_api_kv_values_get(wfp_api_call_t *call)
{
    wfp_kv_item_t item;
    apr_status_t rv = get_item(&item, call);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (item.expiration) {
        apr_table_setn(call->r->headers_out, "expiration",
                       apr_psprintf(call->pool, "%" APR_INT64_T_FMT,
                                    item.expiration));
    }
    return wfp_api_answer_raw(call, "application/octet-stream", item.value,
                              item.value_size);
}

apr_status_t wfp_api_kv_values_metadata(wfp_api_call_t *call)
{
    wfp_kv_item_t item;
    apr_status_t rv = get_item(&item, call);

    return rv == APR_SUCCESS ? wfp_api_answer_json(
               call, wfp_api_kv_values_read_metadata(&item, call->pool))
                             : rv;
}

apr_status_t wfp_api_kv_values_delete(wfp_api_call_t *call)
{
    wfp_kv_item_t item;
    wfp_kv_call_t kv;
    apr_status_t rv = read_key(&item, &kv, call, WFP_KV_DELETE);

    if (rv == APR_SUCCESS) {
        rv = change_item(call, &kv, "delete_value");
    }
    return rv == APR_SUCCESS
               ? wfp_api_answer_json(call, wfp_json_object(call->pool))
               : rv;
}

/* A part of a form. */
typedef struct part_t {
    const char *name;
    char *data;
    apr_size_t size;
} part_t;

typedef struct form_t {
    wfp_api_call_t *call;
    wfp_kv_item_t *item;
    wfp_json_t *metadata;
    wfp_json_t *brackets;
} form_t;

static apr_status_t take_part(form_t *form, const part_t *part)
{
    wfp_api_call_t *call = form->call;
    apr_pool_t *p = call->pool;
    apr_status_t rv = APR_SUCCESS;

    if (!strcmp(part->name, "value")) {
        form->item->value = part->data;
        form->item->value_size = part->size;
    }
    else if (!strcmp(part->name, "metadata")) {
        rv = part->size ? wfp_json_read(&form->metadata, part->data, part->size,
                                        &call->res, p)
                        : APR_SUCCESS;
    }
    else if (wfp_bracket_is(part->name, "metadata")) {
        if (!form->brackets) {
            form->brackets = wfp_json_object(p);
        }
        rv = wfp_bracket_set(form->brackets, part->name, part->data, part->size,
                             &call->res, p);
    }
    return rv == APR_SUCCESS
               ? rv
               : wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "metadata: %s",
                                      call->res.message);
}

static apr_status_t read_parts(form_t *form, wfp_multipart_t *m, char *copy)
{
    wfp_multipart_e event = WFP_MULTIPART_MORE;
    part_t part = { "", copy, 0 };
    apr_status_t rv = APR_SUCCESS;

    while (rv == APR_SUCCESS
           && (event = wfp_multipart_next(m)) != WFP_MULTIPART_MORE
           && event != WFP_MULTIPART_BAD) {
        if (event == WFP_MULTIPART_BEGIN) {
            part.name = apr_pstrdup(form->call->pool, m->part.name);
            part.data = copy;
            part.size = 0;
        }
        else if (event == WFP_MULTIPART_DATA) {
            memcpy(copy, m->data, m->n);
            copy += m->n;
            part.size += m->n;
        }
        else {
            *copy++ = '\0'; /* the delimiters leave room for it */
            rv = take_part(form, &part);
        }
    }
    if (rv == APR_SUCCESS
        && (event == WFP_MULTIPART_BAD
            || wfp_multipart_finish(m) != APR_SUCCESS)) {
        return wfp_api_answer_error(form->call, WFP_API_BAD_REQUEST,
                                    "the form: %s", m->wrong);
    }
    return rv;
}

/* value and metadata of a form */
static apr_status_t read_form(wfp_kv_item_t *item, wfp_api_call_t *call,
                              const char *type)
{
    wfp_multipart_t *m = apr_palloc(call->pool, sizeof(*m));
    form_t form = { .call = call, .item = item };
    const char *data;
    apr_size_t n;
    apr_status_t rv = wfp_api_call_body(&data, &n, call,
                                        WFP_KV_VALUE_MAX + FORM_MAX);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (wfp_multipart_init(m, type, PARTS_MAX) != APR_SUCCESS) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "the form: %s",
                                    m->wrong);
    }
    wfp_multipart_feed(m, data, n);
    rv = read_parts(&form, m, apr_palloc(call->pool, n + 1));
    if (rv == APR_SUCCESS && !item->value) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "the form has no part \"value\"");
    }
    if (rv == APR_SUCCESS) {
        wfp_api_kv_values_set_metadata(item,
                                       form.metadata ? form.metadata
                                                     : form.brackets,
                                       call->pool);
    }
    return rv;
}

/* A number of seconds of the query. @param pn NULL: not given */
static apr_status_t read_seconds(const apr_int64_t **pn, apr_int64_t *n,
                                 wfp_api_call_t *call, const char *name)
{
    const char *text = wfp_api_call_query(call, name);

    *pn = text && *text ? n : NULL;
    return *pn ? wfp_api_call_number(n, call, name, 0, SECONDS_MAX)
               : APR_SUCCESS;
}

static apr_status_t read_time(wfp_kv_item_t *item, wfp_api_call_t *call)
{
    const apr_int64_t *ttl, *at = NULL;
    apr_int64_t ttl_s = 0, at_s = 0;
    wfp_kv_fault_t fault;
    apr_status_t rv = read_seconds(&ttl, &ttl_s, call, "expiration_ttl");

    if (rv == APR_SUCCESS) {
        rv = read_seconds(&at, &at_s, call, "expiration");
    }
    if (rv == APR_SUCCESS
        && !wfp_kv_check_time(&fault, &item->expiration, ttl, at)) {
        return wfp_api_kv_values_refuse(call, &fault);
    }
    return rv;
}

apr_status_t wfp_api_kv_values_put(wfp_api_call_t *call)
{
    const char *type = wfp_api_call_header(call, "Content-Type");
    wfp_kv_item_t item;
    wfp_kv_call_t kv;
    wfp_kv_fault_t fault;
    apr_status_t rv = read_key(&item, &kv, call, WFP_KV_PUT);

    if (rv == APR_SUCCESS) {
        rv = read_time(&item, call);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_multipart_is_type(type, "multipart/form-data")
                 ? read_form(&item, call, type)
                 : wfp_api_call_body(&item.value, &item.value_size, call,
                                     WFP_KV_VALUE_MAX);
    }
    if (rv == APR_SUCCESS
        && !wfp_kv_check_sizes(&fault, item.value_size, item.metadata_size)) {
        rv = wfp_api_kv_values_refuse(call, &fault);
    }
    if (rv == APR_SUCCESS) {
        rv = change_item(call, &kv, "put_value");
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_api_answer_etag(call, wfp_kv_etag(&item, call->pool));
    return wfp_api_answer_json(call, wfp_json_object(call->pool));
}

/* ---- keys ----------------------------------------------------------------------- */

static apr_status_t read_list(wfp_kv_call_t *kv, wfp_api_call_t *call)
{
    const char *cursor = wfp_api_call_query(call, "cursor");
    char *after = apr_palloc(call->pool, WFP_KV_KEY_MAX);
    apr_int64_t limit = WFP_KV_LIST_MAX;
    wfp_kv_fault_t fault;
    apr_status_t rv = wfp_api_call_number(&limit, call, "limit", 1,
                                          WFP_KV_LIST_MAX);

    memset(kv, 0, sizeof(*kv));
    kv->verb = WFP_KV_LIST;
    kv->limit = (int)limit;
    kv->prefix = wfp_api_call_query(call, "prefix");
    kv->prefix = kv->prefix ? kv->prefix : "";
    kv->prefix_size = strlen(kv->prefix);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (cursor && *cursor) {
        kv->after = after;
        if (!wfp_kv_cursor_read(&fault, after, &kv->after_size, cursor,
                                strlen(cursor))) {
            return wfp_api_kv_values_refuse(call, &fault);
        }
    }
    return wfp_kv_check_prefix(&fault, kv->prefix_size)
               ? APR_SUCCESS
               : wfp_api_kv_values_refuse(call, &fault);
}

static wfp_json_t *show_key(const wfp_kv_item_t *item, apr_pool_t *p)
{
    wfp_json_t *doc = wfp_json_object(p);
    wfp_json_t *metadata = wfp_api_kv_values_read_metadata(item, p);

    wfp_json_set_bytes(doc, "name", item->key, item->key_size);
    if (item->expiration) {
        wfp_json_set_int(doc, "expiration", item->expiration);
    }
    if (metadata) {
        wfp_json_set(doc, "metadata", metadata);
    }
    return doc;
}

apr_status_t wfp_api_kv_values_keys(wfp_api_call_t *call)
{
    wfp_json_t *doc = wfp_json_array(call->pool);
    char *cursor = NULL;
    wfp_kv_call_t kv;
    int i;
    apr_status_t rv = read_list(&kv, call);

    if (rv == APR_SUCCESS) {
        rv = wfp_api_kv_values_run(call, &kv, NULL, NULL);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    for (i = 0; i < kv.count; i++) {
        wfp_json_add(doc, show_key(&kv.items[i], call->pool));
    }
    if (!kv.complete && kv.count) {
        cursor = apr_palloc(call->pool, WFP_KV_CURSOR_SIZE);
        wfp_kv_cursor_write(cursor, kv.items[kv.count - 1].key,
                            kv.items[kv.count - 1].key_size);
    }
    return wfp_api_answer_cursor(call, doc, doc, cursor);
}
