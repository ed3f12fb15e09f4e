/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules of KV: what keys, values and times may be, with Cloudflare's texts for
 * what may not, and how a list is cut into pages. Called by the Worker API, the
 * REST API and who keeps the values. It knows none of them.
 */
#include "core/kv.h"

#include <apr_strings.h>
#include <stdarg.h>
#include <string.h>

#include "core/siphash.h"

/* No time is later: the year 9999 ends. */
#define TIME_MAX APR_INT64_C(253402300799)

static int refuse(wfp_kv_fault_t *fault, wfp_kv_fault_e what, int status,
                  const char *fmt, ...) WFP_PRINTF(4, 5);

static int refuse(wfp_kv_fault_t *fault, wfp_kv_fault_e what, int status,
                  const char *fmt, ...)
{
    va_list ap;

    fault->what = what;
    fault->status = status;
    va_start(ap, fmt);
    (void)apr_vsnprintf(fault->text, sizeof(fault->text), fmt, ap);
    va_end(ap);
    return 0;
}

const char *wfp_kv_method(wfp_kv_verb_e verb)
{
    return verb == WFP_KV_PUT      ? "PUT"
           : verb == WFP_KV_DELETE ? "DELETE"
                                   : "GET";
}

int wfp_kv_check_prefix(wfp_kv_fault_t *fault, apr_size_t n)
{
    return n <= WFP_KV_KEY_MAX
           || refuse(fault, WFP_KV_KEY_LENGTH, 414,
                     "UTF-8 encoded length of %" APR_SIZE_T_FMT
                     " exceeds key length limit of %d.",
                     n, WFP_KV_KEY_MAX);
}

int wfp_kv_check_key(wfp_kv_fault_t *fault, const char *key, apr_size_t n)
{
    if (n == 0) {
        return refuse(fault, WFP_KV_BAD_NAME, 400, "Key name cannot be empty.");
    }
    if (n <= 2 && !memcmp(key, "..", n)) {
        return refuse(fault, WFP_KV_BAD_NAME, 400,
                      "\"%.*s\" is not allowed as a key name.", (int)n, "..");
    }
    return wfp_kv_check_prefix(fault, n);
}

int wfp_kv_check_sizes(wfp_kv_fault_t *fault, apr_size_t value,
                       apr_size_t metadata)
{
    if (metadata > WFP_KV_METADATA_MAX) {
        return refuse(fault, WFP_KV_METADATA_SIZE, 413,
                      "Metadata length of %" APR_SIZE_T_FMT
                      " exceeds limit of %d.",
                      metadata, WFP_KV_METADATA_MAX);
    }
    return value <= WFP_KV_VALUE_MAX
           || refuse(fault, WFP_KV_VALUE_SIZE, 413,
                     "Value length of %" APR_SIZE_T_FMT
                     " exceeds limit of %" APR_SIZE_T_FMT ".",
                     value, WFP_KV_VALUE_MAX);
}

static int check_ttl(wfp_kv_fault_t *fault, apr_int64_t ttl)
{
    if (ttl <= 0) {
        return refuse(fault, WFP_KV_BAD_TIME, 400,
                      "Invalid expiration_ttl of %" APR_INT64_T_FMT
                      ". Please specify integer greater than 0.",
                      ttl);
    }
    return ttl >= WFP_KV_TTL_MIN
           || refuse(fault, WFP_KV_BAD_TIME, 400,
                     "Invalid expiration_ttl of %" APR_INT64_T_FMT
                     ". Expiration TTL must be at least %d.",
                     ttl, WFP_KV_TTL_MIN);
}

static int check_at(wfp_kv_fault_t *fault, apr_int64_t at, apr_int64_t now)
{
    if (at <= now) {
        return refuse(fault, WFP_KV_BAD_TIME, 400,
                      "Invalid expiration of %" APR_INT64_T_FMT
                      ". Please specify integer greater than the current "
                      "number of seconds since the UNIX epoch.",
                      at);
    }
    return at - now >= WFP_KV_TTL_MIN
           || refuse(fault, WFP_KV_BAD_TIME, 400,
                     "Invalid expiration of %" APR_INT64_T_FMT
                     ". Expiration times must be at least %d seconds in the "
                     "future.",
                     at, WFP_KV_TTL_MIN);
}

int wfp_kv_check_time(wfp_kv_fault_t *fault, apr_int64_t *pexpiration,
                      const apr_int64_t *ttl, const apr_int64_t *at)
{
    apr_int64_t now = apr_time_sec(apr_time_now());

    *pexpiration = 0;
    if (ttl) {
        *pexpiration = *ttl < TIME_MAX - now ? now + *ttl : TIME_MAX;
        return check_ttl(fault, *ttl);
    }
    if (at) {
        *pexpiration = *at < TIME_MAX ? *at : TIME_MAX;
        return check_at(fault, *at, now);
    }
    return 1;
}

int wfp_kv_check_cache_ttl(wfp_kv_fault_t *fault, apr_int64_t seconds)
{
    return seconds >= WFP_KV_CACHE_MIN
           || refuse(fault, WFP_KV_BAD_TIME, 400,
                     "Invalid cache_ttl of %" APR_INT64_T_FMT
                     ". Cache TTL must be at least %d.",
                     seconds, WFP_KV_CACHE_MIN);
}

int wfp_kv_check_limit(wfp_kv_fault_t *fault, apr_int64_t limit)
{
    if (limit < 1) {
        return refuse(fault, WFP_KV_BAD_LIST, 400,
                      "Invalid key_count_limit of %" APR_INT64_T_FMT
                      ". Please specify an integer greater than 0.",
                      limit);
    }
    return limit <= WFP_KV_LIST_MAX
           || refuse(fault, WFP_KV_BAD_LIST, 400,
                     "Invalid key_count_limit of %" APR_INT64_T_FMT
                     ". Please specify an integer less than %d.",
                     limit, WFP_KV_LIST_MAX);
}

int wfp_kv_check_count(wfp_kv_fault_t *fault, apr_size_t count)
{
    if (count < 1) {
        return refuse(fault, WFP_KV_KEY_COUNT, 400,
                      "You must request a minimum of 1 key");
    }
    return count <= WFP_KV_BULK_GET_MAX
           || refuse(fault, WFP_KV_KEY_COUNT, 400,
                     "You can request a maximum of %d keys",
                     WFP_KV_BULK_GET_MAX);
}

/* ---- pages ---------------------------------------------------------------- */

static const char digits[] = "0123456789abcdef";

void wfp_kv_cursor_write(char *out, const char *key, apr_size_t n)
{
    apr_size_t i;

    for (i = 0; i < n; i++) {
        *out++ = digits[(unsigned char)key[i] >> 4];
        *out++ = digits[key[i] & 15];
    }
    *out = '\0';
}

int wfp_kv_cursor_read(wfp_kv_fault_t *fault, char *out, apr_size_t *pn,
                       const char *cursor, apr_size_t size)
{
    apr_size_t i;

    *pn = size / 2;
    if (!size || size % 2 || *pn > WFP_KV_KEY_MAX) {
        return refuse(fault, WFP_KV_BAD_LIST, 400, "Invalid cursor.");
    }
    for (i = 0; i < size; i++) {
        const char *at = memchr(digits, cursor[i], 16);

        if (!at) {
            return refuse(fault, WFP_KV_BAD_LIST, 400, "Invalid cursor.");
        }
        out[i / 2] = (char)(i % 2 ? out[i / 2] * 16 + (at - digits)
                                  : at - digits);
    }
    return 1;
}

/* As memcmp() of the whole. */
static int compare(const char *a, apr_size_t a_size, const char *b,
                   apr_size_t b_size)
{
    int way = memcmp(a, b, a_size < b_size ? a_size : b_size);

    return way ? way : (a_size > b_size) - (a_size < b_size);
}

apr_size_t wfp_kv_list_from(char *out, const wfp_kv_call_t *call)
{
    if (!call->after
        || compare(call->after, call->after_size, call->prefix,
                   call->prefix_size)
               < 0) {
        memcpy(out, call->prefix, call->prefix_size);
        return call->prefix_size;
    }
    memcpy(out, call->after, call->after_size);
    out[call->after_size] = '\0'; /* nothing is between the two */
    return call->after_size + 1;
}

apr_size_t wfp_kv_list_end(char *out, const wfp_kv_call_t *call)
{
    apr_size_t n = call->prefix_size;

    memcpy(out, call->prefix, n);
    while (n && (unsigned char)out[n - 1] == 0xff) {
        n--;
    }
    if (n) {
        out[n - 1]++;
    }
    return n;
}

const char *wfp_kv_etag(const wfp_kv_item_t *item, apr_pool_t *p)
{
    const char *expiration = apr_psprintf(p, "%" APR_INT64_T_FMT,
                                          item->expiration);
    const wfp_bytes_t parts[] = {
        { (const unsigned char *)item->value, item->value_size },
        { (const unsigned char *)item->metadata,
          item->metadata ? item->metadata_size : 0 },
        { (const unsigned char *)expiration, strlen(expiration) },
    };

    return item->value ? wfp_etag_of(parts, 3, p) : NULL;
}

apr_status_t wfp_kv_check_match(const wfp_kv_call_t *call,
                                const wfp_kv_item_t *is, wfp_result_t *res)
{
    return wfp_etag_check(call->match, wfp_kv_etag(is, call->pool), "the key",
                          res);
}

int wfp_kv_call_is_sound(const wfp_kv_call_t *call)
{
    wfp_kv_fault_t fault;
    int i;

    if (call->verb == WFP_KV_LIST) {
        return call->prefix_size <= WFP_KV_KEY_MAX && call->limit > 0
               && call->limit <= WFP_KV_LIST_MAX
               && call->after_size <= WFP_KV_KEY_MAX;
    }
    for (i = 0; i < call->count; i++) {
        const wfp_kv_item_t *item = &call->items[i];

        if (!wfp_kv_check_key(&fault, item->key, item->key_size)
            || (call->verb == WFP_KV_PUT
                && !wfp_kv_check_sizes(&fault, item->value_size,
                                       item->metadata_size))) {
            return 0;
        }
    }
    return 1;
}

/* ---- what was written ---------------------------------------------------------- */

#define ID_SIZE 32

apr_uint64_t wfp_kv_hash(const char *ns, const char *key, apr_size_t n)
{
    static const apr_uint64_t open_key[2] = { 0, 0 };
    char text[ID_SIZE + WFP_KV_KEY_MAX];
    apr_size_t head = strnlen(ns, ID_SIZE);

    memcpy(text, ns, head);
    n = !key ? 0 : n > WFP_KV_KEY_MAX ? WFP_KV_KEY_MAX : n;
    if (n) {
        memcpy(text + head, key, n);
    }
    return wfp_siphash(open_key, text, head + n);
}

void wfp_kv_change_name(char *name, const char *ns, const char *key,
                        apr_size_t n)
{
    if (key) {
        (void)apr_snprintf(name, WFP_KV_CHANGE_NAME_SIZE,
                           "%.32s/%016" APR_UINT64_T_HEX_FMT, ns,
                           wfp_kv_hash(ns, key, n) & APR_INT64_MAX);
    }
    else {
        (void)apr_snprintf(name, WFP_KV_CHANGE_NAME_SIZE, "%.32s", ns);
    }
}
