/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many values by one call: put and delete are one transaction, all of it or
 * nothing, and one row of the audit.
 */
#include "admin/api_kv_bulk.h"

#include <apr_base64.h>
#include <apr_strings.h>
#include <string.h>

#include "admin/api_kv_values.h"

/* Most bytes of a body; most pairs, most keys to delete. */
#define BODY_MAX  ((apr_size_t)100 * 1024 * 1024)
#define PAIRS_MAX 10000

/* The array of the body, as many items. */
static apr_status_t read_array(wfp_json_t **pdoc, wfp_kv_call_t *kv,
                               wfp_api_call_t *call, wfp_kv_verb_e verb)
{
    apr_size_t n;
    apr_status_t rv = wfp_api_call_json_max(pdoc, call, BODY_MAX);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    n = wfp_json_size(*pdoc);
    if (!wfp_json_is_array(*pdoc)) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "the body must be a JSON array");
    }
    if (!n) {
        return wfp_api_answer_error(call, WFP_API_KV_KEYS, NULL);
    }
    if (n > PAIRS_MAX) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "more than %d keys", PAIRS_MAX);
    }
    memset(kv, 0, sizeof(*kv));
    kv->verb = verb;
    kv->count = (int)n;
    kv->items = apr_pcalloc(call->pool, n * sizeof(*kv->items));
    return rv;
}

static apr_status_t set_key(wfp_kv_item_t *item, wfp_api_call_t *call,
                            const wfp_json_t *v)
{
    wfp_kv_fault_t fault;

    item->key = wfp_json_str(v);
    if (!item->key) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "a key must be a string");
    }
    item->key_size = strlen(item->key);
    return wfp_kv_check_key(&fault, item->key, item->key_size)
               ? APR_SUCCESS
               : wfp_api_kv_values_refuse(call, &fault);
}

/* Answer how many it was. */
static apr_status_t tell(wfp_api_call_t *call, int count)
{
    wfp_json_t *doc = wfp_json_object(call->pool);

    wfp_json_set_int(doc, "successful_key_count", count);
    wfp_json_set(doc, "unsuccessful_keys", wfp_json_array(call->pool));
    return wfp_api_answer_json(call, doc);
}

static apr_status_t run_all(wfp_api_call_t *call, wfp_kv_call_t *kv,
                            const char *action)
{
    wfp_json_t *details = wfp_json_object(call->pool);
    apr_status_t rv;

    wfp_json_set_int(details, "count", kv->count);
    rv = wfp_api_kv_values_run(call, kv, action, details);
    return rv == APR_SUCCESS ? tell(call, kv->count) : rv;
}

/* ---- put -------------------------------------------------------------------------- */

static apr_status_t bad_pair(wfp_api_call_t *call, const wfp_kv_item_t *item,
                             const char *why)
{
    return wfp_api_answer_error(call, WFP_API_BAD_REQUEST, "key \"%.64s\": %s",
                                item->key, why);
}

/* Bytes of base64, which may not have anything else in it. */
static int undo_base64(wfp_kv_item_t *item, const char *text, apr_pool_t *p)
{
    apr_size_t n = strlen(text), digits;
    char *data;

    digits = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                          "0123456789+/");
    if (digits + strspn(text + digits, "=") != n || n - digits > 2
        || (n != digits && n % 4) || digits % 4 == 1) {
        return 0;
    }
    data = apr_palloc(p, (apr_size_t)apr_base64_decode_len(text) + 1);
    item->value_size = (apr_size_t)apr_base64_decode(data, text);
    item->value = data;
    return 1;
}

static apr_status_t set_value(wfp_kv_item_t *item, wfp_api_call_t *call,
                              const wfp_json_t *pair)
{
    apr_pool_t *p = call->pool;
    const char *text = wfp_json_str(wfp_json_get(pair, "value", p));

    if (!text) {
        return bad_pair(call, item, "value must be a string");
    }
    if (wfp_json_is_true(wfp_json_get(pair, "base64", p))) {
        return undo_base64(item, text, p)
                   ? APR_SUCCESS
                   : bad_pair(call, item, "value is no base64");
    }
    item->value = text;
    item->value_size = strlen(text);
    return APR_SUCCESS;
}

/* A number of a pair. @param pn NULL: not given. @return 0: it is none */
static int read_seconds(const apr_int64_t **pn, apr_int64_t *n,
                        const wfp_json_t *v)
{
    *pn = v && !wfp_json_is_null(v) ? n : NULL;
    return !*pn || wfp_json_int(v, n);
}

static apr_status_t set_time(wfp_kv_item_t *item, wfp_api_call_t *call,
                             const wfp_json_t *pair)
{
    const apr_int64_t *ttl, *at;
    apr_int64_t ttl_s = 0, at_s = 0;
    wfp_kv_fault_t fault;

    if (!read_seconds(&ttl, &ttl_s,
                      wfp_json_get(pair, "expiration_ttl", call->pool))
        || !read_seconds(&at, &at_s,
                         wfp_json_get(pair, "expiration", call->pool))) {
        return bad_pair(call, item, "a time must be a whole number of seconds");
    }
    return wfp_kv_check_time(&fault, &item->expiration, ttl, at)
               ? APR_SUCCESS
               : wfp_api_kv_values_refuse(call, &fault);
}

static apr_status_t set_pair(wfp_kv_item_t *item, wfp_api_call_t *call,
                             const wfp_json_t *pair)
{
    wfp_kv_fault_t fault;
    apr_status_t rv = set_key(item, call,
                              wfp_json_get(pair, "key", call->pool));

    if (rv == APR_SUCCESS) {
        rv = set_value(item, call, pair);
    }
    if (rv == APR_SUCCESS) {
        rv = set_time(item, call, pair);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_api_kv_values_set_metadata(item,
                                   wfp_json_get(pair, "metadata", call->pool),
                                   call->pool);
    return wfp_kv_check_sizes(&fault, item->value_size, item->metadata_size)
               ? APR_SUCCESS
               : wfp_api_kv_values_refuse(call, &fault);
}

apr_status_t wfp_api_kv_bulk_put(wfp_api_call_t *call)
{
    wfp_json_t *doc;
    wfp_kv_call_t kv;
    int i;
    apr_status_t rv = read_array(&doc, &kv, call, WFP_KV_PUT);

    for (i = 0; rv == APR_SUCCESS && i < kv.count; i++) {
        rv = set_pair(&kv.items[i], call,
                      wfp_json_at(doc, (apr_size_t)i, call->pool));
    }
    return rv == APR_SUCCESS ? run_all(call, &kv, "put_values") : rv;
}

apr_status_t wfp_api_kv_bulk_delete(wfp_api_call_t *call)
{
    wfp_json_t *doc;
    wfp_kv_call_t kv;
    int i;
    apr_status_t rv = read_array(&doc, &kv, call, WFP_KV_DELETE);

    for (i = 0; rv == APR_SUCCESS && i < kv.count; i++) {
        rv = set_key(&kv.items[i], call,
                     wfp_json_at(doc, (apr_size_t)i, call->pool));
    }
    return rv == APR_SUCCESS ? run_all(call, &kv, "delete_values") : rv;
}

/* ---- get -------------------------------------------------------------------------- */

static apr_status_t read_keys(wfp_kv_call_t *kv, wfp_api_call_t *call,
                              const wfp_json_t *keys)
{
    apr_size_t n = wfp_json_size(keys);
    wfp_kv_fault_t fault;
    apr_status_t rv = APR_SUCCESS;
    int i;

    if (!wfp_json_is_array(keys)) {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "keys must be an array");
    }
    if (!wfp_kv_check_count(&fault, n)) {
        return wfp_api_kv_values_refuse(call, &fault);
    }
    memset(kv, 0, sizeof(*kv));
    kv->verb = WFP_KV_GET;
    kv->count = (int)n;
    kv->items = apr_pcalloc(call->pool, n * sizeof(*kv->items));
    for (i = 0; rv == APR_SUCCESS && i < kv->count; i++) {
        rv = set_key(&kv->items[i], call,
                     wfp_json_at(keys, (apr_size_t)i, call->pool));
    }
    return rv;
}

/* Set obj's member to the item's value; null: none. */
static apr_status_t set_shown(wfp_json_t *obj, const char *name,
                              wfp_api_call_t *call, const wfp_kv_item_t *item,
                              int as_json)
{
    wfp_json_t *value;

    if (!item->value) {
        wfp_json_set_str(obj, name, NULL);
    }
    else if (!as_json) {
        wfp_json_set_bytes(obj, name, item->value, item->value_size);
    }
    else if (wfp_json_read(&value, item->value, item->value_size, &call->res,
                           call->pool)
             == APR_SUCCESS) {
        wfp_json_set(obj, name, value);
    }
    else {
        return wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                    "At least one of the requested keys "
                                    "corresponds to a non-json value");
    }
    return APR_SUCCESS;
}

static apr_status_t show(wfp_json_t *values, wfp_api_call_t *call,
                         const wfp_kv_item_t *item, int as_json)
{
    wfp_json_t *doc = wfp_json_object(call->pool);
    wfp_json_t *metadata = wfp_api_kv_values_read_metadata(item, call->pool);
    apr_status_t rv;

    if (!item->value) {
        wfp_json_set_str(values, item->key, NULL);
        return APR_SUCCESS;
    }
    rv = set_shown(doc, "value", call, item, as_json);
    wfp_json_set(doc, "metadata",
                 metadata ? metadata : wfp_json_null(call->pool));
    if (item->expiration) {
        wfp_json_set_int(doc, "expiration", item->expiration);
    }
    wfp_json_set(values, item->key, doc);
    return rv;
}

apr_status_t wfp_api_kv_bulk_get(wfp_api_call_t *call)
{
    apr_pool_t *p = call->pool;
    wfp_json_t *doc, *values = wfp_json_object(p), *answer = wfp_json_object(p);
    const char *type = NULL;
    int as_json = 0, whole = 0, i;
    wfp_kv_call_t kv;
    apr_status_t rv = wfp_api_call_object(&doc, call);

    if (rv == APR_SUCCESS) {
        type = wfp_json_str(wfp_json_get(doc, "type", p));
        as_json = type && !strcmp(type, "json");
        whole = wfp_json_is_true(wfp_json_get(doc, "withMetadata", p));
        rv = read_keys(&kv, call, wfp_json_get(doc, "keys", p));
    }
    if (rv == APR_SUCCESS && type && !as_json && strcmp(type, "text") != 0) {
        rv = wfp_api_answer_error(call, WFP_API_BAD_REQUEST,
                                  "\"%.32s\" is not a valid type. Use \"json\" "
                                  "or \"text\"",
                                  type);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_api_kv_values_run(call, &kv, NULL, NULL);
    }
    for (i = 0; rv == APR_SUCCESS && i < kv.count; i++) {
        const wfp_kv_item_t *item = &kv.items[i];

        rv = whole ? show(values, call, item, as_json)
                   : set_shown(values, item->key, call, item, as_json);
    }
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_json_set(answer, "values", values);
    return wfp_api_answer_json(call, answer);
}
