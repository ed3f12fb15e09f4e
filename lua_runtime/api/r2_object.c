/* SPDX-License-Identifier: Apache-2.0 */
/*
 * R2Object: what is known of an object and, of a get, its body. Its fields are
 * made when it is, of what the host gave, which may go then.
 */
#include <string.h>

#include "lua_runtime/api/r2.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

/* What a pool takes, and a piece of an object and a pair of metadata in it. */
#define POOL_BYTES  8192
#define PIECE_BYTES 256
#define PAIR_BYTES  64

/* user values */
enum {
    V_FIELDS = 1,
    V_BODY
};

static const wfp_class_t object_class;

static const char *const fields[] = {
    "body",           "bodyUsed",     "key",      "version",   "size",
    "etag",           "httpEtag",     "uploaded", "checksums", "httpMetadata",
    "customMetadata", "storageClass", "range",    NULL,
};

/* [-0, +0, m] Set a field of the table on the top; nothing for NULL. */
static void set_text(lua_State *L, const char *name, const char *text)
{
    if (text) {
        lua_pushstring(L, text);
        lua_setfield(L, -2, name);
    }
}

static void set_int(lua_State *L, const char *name, apr_int64_t n)
{
    lua_pushinteger(L, (lua_Integer)n);
    lua_setfield(L, -2, name);
}

/* [-0, +1, m] */
static void push_sums(lua_State *L, const wfp_r2_sums_t *sums)
{
    static const char *const names[WFP_HASH_COUNT] = {
        [WFP_HASH_MD5] = "md5",       [WFP_HASH_SHA1] = "sha1",
        [WFP_HASH_SHA256] = "sha256", [WFP_HASH_SHA384] = "sha384",
        [WFP_HASH_SHA512] = "sha512",
    };
    int i;

    lua_newtable(L);
    for (i = 0; i < WFP_HASH_COUNT; i++) {
        set_text(L, names[i], sums->hex[i]);
    }
}

/* [-0, +1, m] */
static void push_http(lua_State *L, const wfp_r2_http_t *http)
{
    lua_newtable(L);
    set_text(L, "contentType", http->content_type);
    set_text(L, "contentLanguage", http->content_language);
    set_text(L, "contentDisposition", http->content_disposition);
    set_text(L, "contentEncoding", http->content_encoding);
    set_text(L, "cacheControl", http->cache_control);
    if (http->cache_expiry) {
        set_int(L, "cacheExpiry", http->cache_expiry / 1000);
    }
}

/* [-0, +0, m] The metadata, in the table on the top. */
static void set_meta(lua_State *L, const wfp_r2_meta_t *meta)
{
    int i;

    push_http(L, &meta->http);
    lua_setfield(L, -2, "httpMetadata");
    lua_createtable(L, 0, meta->custom_count);
    for (i = 0; i < meta->custom_count; i++) {
        set_text(L, meta->custom[i].name, meta->custom[i].value);
    }
    lua_setfield(L, -2, "customMetadata");
}

static apr_size_t size_of(const char *text)
{
    return text ? strlen(text) + 1 : 0;
}

/* What the pool of a get holds, about: each text as it is and in its row. */
static apr_size_t held_bytes(const wfp_r2_call_t *call,
                             const wfp_r2_object_t *object)
{
    const wfp_r2_meta_t *meta = &object->meta;
    const wfp_r2_http_t *http = &meta->http;
    apr_size_t n = size_of(http->content_type) + size_of(http->content_language)
                   + size_of(http->content_disposition)
                   + size_of(http->content_encoding)
                   + size_of(http->cache_control);
    int i;

    for (i = 0; i < meta->custom_count; i++) {
        n += size_of(meta->custom[i].name) + size_of(meta->custom[i].value);
    }
    return POOL_BYTES + 2 * n + (apr_size_t)meta->custom_count * PAIR_BYTES
           + (apr_size_t)(call->length / WFP_R2_PART_MIN) * PIECE_BYTES;
}

/* [-0, +0, m] Body and range of a get, for the object at obj. */
static void set_body(lua_State *L, wfp_r2_call_t *call, int obj)
{
    lua_createtable(L, 0, 2);
    set_int(L, "offset", call->offset);
    set_int(L, "length", call->length);
    lua_setfield(L, -2, "range");
    wfp_meter_charge(wfp_isolate_of(L), held_bytes(call, call->object));
    wfp_api_push_body(L, call->body);
    lua_setiuservalue(L, obj, V_BODY);
}

/* [-0, +1, m] */
void wfp_api_r2_push_object(lua_State *L, const wfp_r2_object_t *object,
                            wfp_r2_call_t *call, int all)
{
    int obj;

    luaL_checkstack(L, 8, NULL);
    (void)wfp_class_new(L, &object_class, 0, V_BODY);
    obj = lua_gettop(L);
    lua_createtable(L, 0, 12);
    set_text(L, "key", object->key);
    set_text(L, "version", object->version);
    set_int(L, "size", object->size);
    set_text(L, "etag", object->etag);
    lua_pushfstring(L, "\"%s\"", object->etag);
    lua_setfield(L, -2, "httpEtag");
    set_int(L, "uploaded", object->uploaded / 1000);
    set_text(L, "storageClass", object->meta.storage_class);
    push_sums(L, &object->sums);
    lua_setfield(L, -2, "checksums");
    if (all) {
        set_meta(L, &object->meta);
    }
    if (call) {
        set_body(L, call, obj);
    }
    lua_setiuservalue(L, obj, V_FIELDS);
}

/* [-0, +1, e] __index */
static int l_object_index(lua_State *L)
{
    int field;

    (void)wfp_class_check(L, 1, &object_class);
    field = wfp_class_field(L);
    switch (field) {
    case 0:
        return 1;
    case 1:
        lua_getiuservalue(L, 1, V_BODY);
        return 1;
    case 2:
        if (lua_getiuservalue(L, 1, V_BODY) != LUA_TNIL) {
            lua_pushboolean(L, wfp_api_body_used(L, -1));
        }
        return 1;
    default:
        lua_getiuservalue(L, 1, V_FIELDS);
        lua_getfield(L, -1, fields[field - 1]);
        return 1;
    }
}

/* ---- methods ---------------------------------------------------------------------- */

/* [-0, +1, v] wfp_ops_finish_fn: the Body is at 2 */
static int give_text(lua_State *L, const wfp_op_t *op)
{
    (void)op;
    wfp_api_slurp_awaited(L, 2);
    return 1;
}

/* [-0, +1, v] */
static int give_json(lua_State *L, const wfp_op_t *op)
{
    size_t n;
    const char *s;

    (void)give_text(L, op);
    s = lua_tolstring(L, -1, &n);
    wfp_api_json_decode(L, s, n);
    return 1;
}

/* [-0, +1, v] What finish makes of all bytes of the object at 1. */
static int take_bytes(lua_State *L, wfp_ops_finish_fn *finish)
{
    (void)wfp_class_check(L, 1, &object_class);
    lua_settop(L, 1);
    if (lua_getiuservalue(L, 1, V_BODY) == LUA_TNIL) {
        return wfp_api_error(L, "TypeError", NULL, "This object has no body");
    }
    return wfp_api_await_body(L, 2, finish);
}

/* [-0, +1, e] object:text(), :bytes(), :arrayBuffer() */
static int l_object_text(lua_State *L)
{
    return take_bytes(L, give_text);
}

/* [-0, +1, e] object:json() */
static int l_object_json(lua_State *L)
{
    return take_bytes(L, give_json);
}

/* [-0, +0, e] The member of httpMetadata (at 3) as a field of the Headers at 2.
 * The table is the script's own by now: it may have anything. */
static void write_field(lua_State *L, const char *member, const char *name)
{
    const char *value;
    size_t n;

    if (wfp_class_raw(L, 3, member) == LUA_TSTRING) {
        value = lua_tolstring(L, -1, &n);
        if (!wfp_headers_is_value(value, n)) {
            wfp_api_error(L, "TypeError", NULL, "Invalid header value");
        }
        wfp_api_drop_header(L, 2, name);
        wfp_api_default_header(L, 2, name, value);
    }
    lua_pop(L, 1);
}

/* [-0, +0, e] The same of cacheExpiry. */
static void write_expires(lua_State *L)
{
    char date[APR_RFC822_DATE_LEN];
    lua_Number n;

    if (wfp_class_raw(L, 3, "cacheExpiry") == LUA_TNUMBER) {
        n = lua_tonumber(L, -1);
        if (!(n >= 0 && n <= WFP_API_R2_TIME_MAX)) {
            wfp_api_error(L, "TypeError", NULL,
                          "cacheExpiry must be a time in milliseconds since "
                          "the epoch");
        }
        (void)apr_rfc822_date(date, (apr_time_t)n * 1000);
        wfp_api_drop_header(L, 2, "expires");
        wfp_api_default_header(L, 2, "expires", date);
    }
    lua_pop(L, 1);
}

/* [-0, +0, e] object:writeHttpMetadata(headers) */
static int l_object_write(lua_State *L)
{
    (void)wfp_class_check(L, 1, &object_class);
    lua_settop(L, 2);
    lua_getiuservalue(L, 1, V_FIELDS);
    (void)wfp_class_raw(L, 3, "httpMetadata");
    lua_replace(L, 3);
    if (!lua_istable(L, 3)) {
        return wfp_api_error(L, "TypeError", NULL,
                             "HTTP metadata unknown for key. Did you forget to "
                             "add 'httpMetadata' to `include` when listing?");
    }
    write_field(L, "contentType", "content-type");
    write_field(L, "contentLanguage", "content-language");
    write_field(L, "contentDisposition", "content-disposition");
    write_field(L, "contentEncoding", "content-encoding");
    write_field(L, "cacheControl", "cache-control");
    write_expires(L);
    return 0;
}

static const luaL_Reg methods[] = {
    { "text", l_object_text },
    { "bytes", l_object_text },
    { "arrayBuffer", l_object_text },
    { "json", l_object_json },
    { "writeHttpMetadata", l_object_write },
    { NULL, NULL },
};
static const wfp_class_t object_class = {
    "R2Object", methods, fields, l_object_index, NULL, NULL,
};
