/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of the calls of an R2 bucket: metadata, conditions, ranges and
 * checksums, as tables or, where Cloudflare's take them, as Headers.
 */
#include <apr_date.h>
#include <string.h>

#include "lua_runtime/api/r2.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

/* Most etags of a condition, custom names. */
#define LIST_MAX 1000

/* [-0, +(0|1), v] Push the member of the table at idx; 0: it is not given. */
static int has(lua_State *L, int idx, const char *name)
{
    if (wfp_class_raw(L, idx, name) == LUA_TNIL || wfp_api_is_null(L, -1)) {
        lua_pop(L, 1);
        return 0;
    }
    return 1;
}

/* [-0, +0, v] NULL: not given */
static const char *text_of(lua_State *L, int idx, const char *name)
{
    return has(L, idx, name) ? wfp_api_r2_hold(L, name) : NULL;
}

/* [-0, +0, v] Milliseconds since the epoch; 0: not given. */
static apr_time_t time_of(lua_State *L, int idx, const char *name)
{
    lua_Number n;
    int ok;

    if (!has(L, idx, name)) {
        return 0;
    }
    n = lua_tonumberx(L, -1, &ok);
    if (!ok || !(n >= 1 && n <= WFP_API_R2_TIME_MAX)) {
        wfp_api_error(L, "TypeError", NULL,
                      "%s must be a time in milliseconds since the epoch",
                      name);
    }
    lua_pop(L, 1);
    return (apr_time_t)n * 1000;
}

/* [-0, +0, v] A field of the Headers at idx; NULL: not there. */
static const char *field_of(lua_State *L, int idx, const char *name)
{
    wfp_api_push_header(L, idx, name);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        return NULL;
    }
    return wfp_api_r2_hold(L, name);
}

/* Is it the table that the option should be, or Headers? [-0, +0, v] */
static int is_headers(lua_State *L, int idx, const char *name)
{
    if (!lua_istable(L, idx) && lua_type(L, idx) != LUA_TUSERDATA) {
        wfp_api_error(L, "TypeError", NULL,
                      "%s must be a table or Headers, got %s", name,
                      luaL_typename(L, idx));
    }
    return lua_type(L, idx) == LUA_TUSERDATA;
}

/* ---- metadata --------------------------------------------------------------------- */

/* [-0, +0, v] */
static void read_http(lua_State *L, wfp_r2_http_t *http, int idx)
{
    const char *expires;

    if (!is_headers(L, idx, "httpMetadata")) {
        http->content_type = text_of(L, idx, "contentType");
        http->content_language = text_of(L, idx, "contentLanguage");
        http->content_disposition = text_of(L, idx, "contentDisposition");
        http->content_encoding = text_of(L, idx, "contentEncoding");
        http->cache_control = text_of(L, idx, "cacheControl");
        http->cache_expiry = time_of(L, idx, "cacheExpiry");
        return;
    }
    http->content_type = field_of(L, idx, "content-type");
    http->content_language = field_of(L, idx, "content-language");
    http->content_disposition = field_of(L, idx, "content-disposition");
    http->content_encoding = field_of(L, idx, "content-encoding");
    http->cache_control = field_of(L, idx, "cache-control");
    expires = field_of(L, idx, "expires");
    http->cache_expiry = expires ? apr_date_parse_http(expires) : 0;
}

/* [-0, +0, v] How many members the table on the top has. */
static int count_members(lua_State *L)
{
    int n = 0;

    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
        if (++n > LIST_MAX) {
            wfp_api_error(L, "Error", "r2_error", "%s",
                          wfp_r2_fault_row(WFP_R2_METADATA_SIZE)->text);
        }
    }
    return n;
}

/* [-0, +0, v] The table on the top. */
static void read_custom(lua_State *L, wfp_r2_meta_t *meta)
{
    int t = lua_gettop(L), n = 0;
    wfp_r2_pair_t *pairs;

    if (!lua_istable(L, t)) {
        wfp_api_error(L, "TypeError", NULL, "customMetadata must be a table");
    }
    pairs = wfp_api_r2_room(L, (apr_size_t)count_members(L) * sizeof(*pairs));
    for (lua_pushnil(L); lua_next(L, t); n++) {
        /* the key stays for lua_next(): a copy becomes text */
        pairs[n].value = wfp_api_r2_hold(L, "A value of customMetadata");
        lua_pushvalue(L, -1);
        if (lua_type(L, -1) != LUA_TSTRING) {
            wfp_api_error(L, "TypeError", NULL,
                          "Names of customMetadata must be strings");
        }
        pairs[n].name = wfp_api_r2_hold(L, "A name of customMetadata");
    }
    meta->custom = pairs;
    meta->custom_count = n;
}

/* [-0, +0, v] */
void wfp_api_r2_read_meta(lua_State *L, wfp_r2_call_t *call, int idx)
{
    if (has(L, idx, "httpMetadata")) {
        read_http(L, &call->meta.http, lua_gettop(L));
        lua_pop(L, 1);
    }
    if (has(L, idx, "customMetadata")) {
        read_custom(L, &call->meta);
        lua_pop(L, 1);
    }
    call->meta.storage_class = text_of(L, idx, "storageClass");
}

/* ---- conditions ------------------------------------------------------------------- */

/* [-1, +0, v] */
static void read_etag(lua_State *L, wfp_r2_etag_t *etag, const char *name)
{
    etag->value = wfp_api_r2_hold(L, name);
    etag->weak = 0;
    if (strchr(etag->value, '"')) {
        wfp_api_error(L, "TypeError", NULL,
                      "Conditional ETag should not be wrapped in quotes (%s).",
                      etag->value);
    }
}

/* [-0, +0, v] A string or an array of them. */
static const wfp_r2_etag_t *read_etags(lua_State *L, int *pcount, int idx,
                                       const char *name)
{
    wfp_r2_etag_t *etags;
    lua_Unsigned n = 1, i;
    int top;

    if (!has(L, idx, name)) {
        return NULL;
    }
    top = lua_gettop(L);
    if (lua_istable(L, top)) {
        n = lua_rawlen(L, top);
    }
    if (n > LIST_MAX) {
        wfp_api_error(L, "TypeError", NULL, "%s: too many", name);
    }
    etags = wfp_api_r2_room(L, (apr_size_t)n * sizeof(*etags));
    for (i = 0; i < n; i++) {
        if (lua_istable(L, top)) {
            lua_rawgeti(L, top, (lua_Integer)i + 1);
        }
        else {
            lua_pushvalue(L, top);
        }
        read_etag(L, &etags[i], name);
    }
    lua_settop(L, top - 1);
    *pcount = (int)n;
    return etags;
}

/* [-0, +0, v] The conditional fields of Headers: parsed in memory of the call's
 * own, which is charged while it is held. */
static const wfp_r2_condition_t *read_fields(lua_State *L, int idx)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    const char *match = field_of(L, idx, "if-match");
    const char *none_match = field_of(L, idx, "if-none-match");
    const char *since = field_of(L, idx, "if-modified-since");
    const char *not_since = field_of(L, idx, "if-unmodified-since");
    const wfp_r2_condition_t *condition;

    wfp_meter_charge(iso,
                     1024
                         + 8
                               * ((match ? strlen(match) : 0)
                                  + (none_match ? strlen(none_match) : 0)));
    wfp_meter_critical_begin(iso);
    condition = wfp_r2_read_condition(match, none_match, since, not_since,
                                      wfp_state_pool(L));
    wfp_meter_critical_end(iso);
    return condition;
}

/* [-0, +0, v] */
void wfp_api_r2_read_condition(lua_State *L, wfp_r2_call_t *call, int idx)
{
    wfp_r2_condition_t *c;
    int at;

    if (!has(L, idx, "onlyIf")) {
        return;
    }
    at = lua_gettop(L);
    if (is_headers(L, at, "onlyIf")) {
        call->condition = read_fields(L, at);
    }
    else {
        c = wfp_api_r2_room(L, sizeof(*c));
        c->matches = read_etags(L, &c->matches_count, at, "etagMatches");
        c->matches_not = read_etags(L, &c->matches_not_count, at,
                                    "etagDoesNotMatch");
        c->before = time_of(L, at, "uploadedBefore");
        c->after = time_of(L, at, "uploadedAfter");
        (void)wfp_class_raw(L, at, "secondsGranularity");
        c->seconds = lua_toboolean(L, -1);
        call->condition = c;
    }
    lua_settop(L, at - 1);
}

/* ---- ranges, checksums ------------------------------------------------------------ */

/* [-0, +0, v] -1: not given */
static apr_int64_t count_of(lua_State *L, int idx, const char *name)
{
    lua_Integer n;
    int ok;

    if (!has(L, idx, name)) {
        return -1;
    }
    n = lua_tointegerx(L, -1, &ok);
    if (!ok || n < 0) {
        wfp_api_error(L, ok ? "RangeError" : "TypeError", NULL,
                      "Invalid range. %s must be a whole number, 0 or more.",
                      name);
    }
    lua_pop(L, 1);
    return (apr_int64_t)n;
}

/* [-0, +0, v] */
void wfp_api_r2_read_range(lua_State *L, wfp_r2_call_t *call, int idx)
{
    wfp_r2_range_t *range = &call->range;
    int at;

    if (!has(L, idx, "range")) {
        return;
    }
    at = lua_gettop(L);
    if (is_headers(L, at, "range")) {
        wfp_r2_read_range(range, field_of(L, at, "range"));
    }
    else {
        range->given = 1;
        range->offset = count_of(L, at, "offset");
        range->length = count_of(L, at, "length");
        range->suffix = count_of(L, at, "suffix");
        if (range->suffix >= 0 && (range->offset >= 0 || range->length >= 0)) {
            wfp_api_error(L, "TypeError", NULL,
                          "Suffix is incompatible with offset or length.");
        }
    }
    lua_settop(L, at - 1);
}

/* [-1, +0, v] The digest on the top, as hex digits or bytes, is held as the
 * former, in lower case. */
static const char *read_digest(lua_State *L, const char *name, size_t size)
{
    size_t n, i;
    const char *s = wfp_class_text(L, -1, name, &n);
    char *hex = wfp_api_r2_room(L, 2 * size);

    if (n != size && n != 2 * size) {
        wfp_api_error(L, "TypeError", NULL,
                      "%s must be %d bytes or as many hex digits twice, got %d",
                      name, (int)size, (int)n);
    }
    for (i = 0; i < 2 * size; i++) {
        int v = n == size ? (i % 2 ? s[i / 2] & 15 : s[i / 2] >> 4 & 15)
                          : wfp_api_hex_value(s[i]);

        if (v < 0) {
            wfp_api_error(L, "TypeError", NULL, "%s is no hex digits", name);
        }
        hex[i] = "0123456789abcdef"[v];
    }
    lua_pop(L, 1);
    return hex;
}

/* [-0, +0, v] */
void wfp_api_r2_read_sums(lua_State *L, wfp_r2_call_t *call, int idx)
{
    static const char *const names[WFP_HASH_COUNT] = {
        [WFP_HASH_MD5] = "md5",       [WFP_HASH_SHA1] = "sha1",
        [WFP_HASH_SHA256] = "sha256", [WFP_HASH_SHA384] = "sha384",
        [WFP_HASH_SHA512] = "sha512",
    };
    int i, given = 0;

    for (i = 0; i < WFP_HASH_COUNT; i++) {
        if (has(L, idx, names[i])) {
            call->sums.hex[i] = read_digest(L, names[i],
                                            wfp_crypto_digest_size(
                                                (wfp_hash_e)i));
            given++;
        }
    }
    if (given > 1) {
        wfp_api_error(L, "TypeError", NULL,
                      "You cannot specify multiple hashing algorithms.");
    }
}
