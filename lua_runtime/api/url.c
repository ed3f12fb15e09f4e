/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URL. Kept as its parts; every text goes through core/url.h's parser, so that
 * a script, the policy and the transport agree about every URL.
 */
#include <string.h>

#include "lua_runtime/api/classes.h"
#include "lua_runtime/api/url_parts.h"

/* user values of a URL: its parts, then its searchParams */
enum {
    V_PARAMS = WFP_URL_PARTS + 1
};

/* fields in the same order, then those made of several parts */
enum {
    FIELD_PARAMS = V_PARAMS,
    FIELD_HREF,
    FIELD_HOST,
    FIELD_ORIGIN
};
static const char *const fields[] = {
    "protocol", "username", "password", "hostname",     "port",
    "pathname", "search",   "hash",     "searchParams", "href",
    "host",     "origin",   NULL,
};

typedef struct url_t {
    char unused; /* all of it is in user values */
} url_t;

static const wfp_class_t url_class;

/* [-0, +0, m] The object at idx gets those parts. */
static void set_parts(lua_State *L, int idx, const wfp_url_parts_t *parts)
{
    const char *at = parts->data;
    int i;

    for (i = WFP_URL_PROTOCOL; i <= WFP_URL_PARTS; i++) {
        lua_pushlstring(L, at, parts->n[i]);
        lua_setiuservalue(L, idx, i);
        at += parts->n[i];
    }
}

/* [-0, +0, v] */
static void add_part(wfp_buffer_t *b, int idx, int part)
{
    size_t n;
    const char *s;

    lua_getiuservalue(b->L, idx, part);
    s = lua_tolstring(b->L, -1, &n);
    wfp_buffer_add(b, s, n);
    lua_pop(b->L, 1);
}

/* [-0, +0, -] */
static int has_part(lua_State *L, int idx, int part)
{
    int yes;

    lua_getiuservalue(L, idx, part);
    yes = lua_rawlen(L, -1) > 0;
    lua_pop(L, 1);
    return yes;
}

/* [-0, +0, v] */
static void add_host(wfp_buffer_t *b, int idx)
{
    add_part(b, idx, WFP_URL_HOSTNAME);
    if (has_part(b->L, idx, WFP_URL_PORT)) {
        wfp_buffer_byte(b, ':');
        add_part(b, idx, WFP_URL_PORT);
    }
}

/* [-0, +0, v] */
static void add_href(wfp_buffer_t *b, int idx)
{
    add_part(b, idx, WFP_URL_PROTOCOL);
    wfp_buffer_add(b, "//", 2);
    if (has_part(b->L, idx, WFP_URL_USERNAME)
        || has_part(b->L, idx, WFP_URL_PASSWORD)) {
        add_part(b, idx, WFP_URL_USERNAME);
        if (has_part(b->L, idx, WFP_URL_PASSWORD)) {
            wfp_buffer_byte(b, ':');
            add_part(b, idx, WFP_URL_PASSWORD);
        }
        wfp_buffer_byte(b, '@');
    }
    add_host(b, idx);
    add_part(b, idx, WFP_URL_PATHNAME);
    add_part(b, idx, WFP_URL_SEARCH);
    add_part(b, idx, WFP_URL_HASH);
}

/* [-0, +1, v] Push what one of the `add` functions writes. */
static void push_text(lua_State *L, int idx, void (*add)(wfp_buffer_t *, int))
{
    wfp_buffer_t b;

    wfp_buffer_init(&b, L);
    add(&b, idx);
    wfp_buffer_push(&b);
    lua_replace(L, b.idx);
}

/* [-0, +0, v] */
static void add_origin(wfp_buffer_t *b, int idx)
{
    add_part(b, idx, WFP_URL_PROTOCOL);
    wfp_buffer_add(b, "//", 2);
    add_host(b, idx);
}

/* [-0, +1, v] Push a URL object of the text; 0: why it is none was pushed. */
static int push_parsed(lua_State *L, const char *text, size_t n,
                       const char *base)
{
    wfp_url_parts_t parts;

    luaL_checkstack(L, 16, NULL);
    (void)wfp_class_new(L, &url_class, sizeof(url_t), V_PARAMS);
    if (!wfp_url_parts_push(L, &parts, text, n, base)) {
        lua_pushstring(L, parts.data);
        return 0;
    }
    set_parts(L, lua_gettop(L) - 1, &parts);
    lua_pop(L, 1);
    return 1;
}

/* [-0, +1, v] The same, but a TypeError. */
static void push_url(lua_State *L, const char *text, size_t n, const char *base)
{
    if (!push_parsed(L, text, n, base)) {
        wfp_api_error(L, "TypeError", NULL, "%s", lua_tostring(L, -1));
    }
}

int wfp_api_url_href(lua_State *L, int idx)
{
    if (!wfp_class_test(L, idx, &url_class)) {
        return 0;
    }
    push_text(L, lua_absindex(L, idx), add_href);
    return 1;
}

void wfp_api_url_set_search(lua_State *L, int idx)
{
    size_t n = lua_rawlen(L, -1);

    if (n) {
        lua_pushliteral(L, "?");
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    lua_setiuservalue(L, idx, WFP_URL_SEARCH);
}

/* [-0, +1, v] Push the searchParams of the URL at idx, made on first use. */
static void push_search_params(lua_State *L, int idx)
{
    size_t n;
    const char *s;

    if (lua_getiuservalue(L, idx, V_PARAMS) != LUA_TNIL) {
        return;
    }
    lua_pop(L, 1);
    lua_getiuservalue(L, idx, WFP_URL_SEARCH);
    s = lua_tolstring(L, -1, &n);
    wfp_api_push_params(L, s, n, idx);
    lua_remove(L, -2);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, idx, V_PARAMS);
}

/* [-0, +1, e] */
static int l_url_index(lua_State *L)
{
    int id = wfp_class_field(L);

    if (id == 0) {
        return 1;
    }
    (void)wfp_class_check(L, 1, &url_class);
    switch (id) {
    case FIELD_PARAMS:
        push_search_params(L, 1);
        break;
    case FIELD_HREF:
        push_text(L, 1, add_href);
        break;
    case FIELD_HOST:
        push_text(L, 1, add_host);
        break;
    case FIELD_ORIGIN:
        push_text(L, 1, add_origin);
        break;
    default:
        lua_getiuservalue(L, 1, id);
    }
    return 1;
}

/* [-0, +0, v] Append text, escaping controls, space, non-ASCII and `more`. */
static void add_escaped(wfp_buffer_t *b, const char *s, size_t n,
                        const char *more)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t i;

    for (i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];

        if (c > 0x20 && c < 0x7f && !strchr(more, c)) {
            wfp_buffer_byte(b, s[i]);
            continue;
        }
        wfp_buffer_byte(b, '%');
        wfp_buffer_byte(b, hex[c >> 4]);
        wfp_buffer_byte(b, hex[c & 15]);
    }
}

/* [-0, +1, v] Push the text s as the part `id`, ready to stand in an URL. */
static void push_part(lua_State *L, int id, const char *s, size_t n)
{
    wfp_buffer_t b;

    wfp_buffer_init(&b, L);
    switch (id) {
    case WFP_URL_PROTOCOL:
        wfp_buffer_add(&b, s, n && s[n - 1] == ':' ? n - 1 : n);
        wfp_buffer_byte(&b, ':');
        break;
    case WFP_URL_USERNAME:
    case WFP_URL_PASSWORD:
        add_escaped(&b, s, n, "\"#/:;<=>?@[\\]^`{|}");
        break;
    case WFP_URL_PATHNAME:
        if (n == 0 || (*s != '/' && *s != '\\')) {
            wfp_buffer_byte(&b, '/');
        }
        add_escaped(&b, s, n, "\"#<>?`{}");
        break;
    case WFP_URL_SEARCH:
    case WFP_URL_HASH:
        if (n && *s == (id == WFP_URL_SEARCH ? '?' : '#')) {
            s++;
            n--;
        }
        if (n) {
            wfp_buffer_byte(&b, id == WFP_URL_SEARCH ? '?' : '#');
            add_escaped(&b, s, n, id == WFP_URL_SEARCH ? "\"#<>" : "\"<>`");
        }
        break;
    default:
        wfp_buffer_add(&b, s, n);
    }
    wfp_buffer_push(&b);
    lua_replace(L, b.idx);
}

/* [-0, +0, -] May this be a host, with or without port, or a port? */
static int is_authority(const char *s, size_t n, int id)
{
    size_t i;

    for (i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];

        if (c <= 0x20 || c == 0x7f || strchr("/?#@\\%", c)
            || (id == WFP_URL_PORT && (c < '0' || c > '9'))
            || (id == WFP_URL_HOSTNAME && c == ':' && *s != '[')) {
            return 0;
        }
    }
    return id == WFP_URL_PORT || n > 0;
}

/* [-0, +0, -] May this be a scheme, with or without ":"? */
static int is_scheme(const char *s, size_t n)
{
    size_t i;

    n -= n && s[n - 1] == ':';
    for (i = 0; i < n; i++) {
        unsigned char c = (unsigned char)(s[i] | 32);

        if ((c < 'a' || c > 'z')
            && (i == 0 || !s[i] || !strchr("0123456789+-.", s[i]))) {
            return 0;
        }
    }
    return n > 0;
}

/* [-0, +0, -] May this text be assigned to that field? */
static int is_good(const char *s, size_t n, int id)
{
    switch (id) {
    case WFP_URL_PROTOCOL:
        return is_scheme(s, n);
    case WFP_URL_HOSTNAME:
    case WFP_URL_PORT:
    case FIELD_HOST:
        return is_authority(s, n, id);
    default:
        return 1;
    }
}

/* [-0, +0, -] Does a host's text bring its own port? */
static int has_port(const char *s, size_t n)
{
    size_t digits = 0;

    while (digits < n && s[n - 1 - digits] >= '0' && s[n - 1 - digits] <= '9') {
        digits++;
    }
    return digits && digits < n && s[n - 1 - digits] == ':';
}

/* [-0, +0, v] The field named at slot 2, which can be assigned. */
static int settable(lua_State *L)
{
    int id;

    for (id = 1; fields[id - 1]; id++) {
        if (lua_type(L, 2) == LUA_TSTRING
            && !strcmp(fields[id - 1], lua_tostring(L, 2))) {
            break;
        }
    }
    if (!fields[id - 1] || id == FIELD_PARAMS || id == FIELD_ORIGIN) {
        wfp_api_error(L, "TypeError", NULL,
                      "Cannot assign to that property of URL");
    }
    return id;
}

/* [-0, +0, v] url.x = value: a copy is changed and parsed; only if that went
 * well the object follows */
static int l_url_newindex(lua_State *L)
{
    size_t n;
    const char *s;
    wfp_url_parts_t parts;
    int id, i, copy = 4;

    (void)wfp_class_check(L, 1, &url_class);
    lua_settop(L, 3);
    id = settable(L);
    if (!lua_isstring(L, 3)) {
        return wfp_api_error(L, "TypeError", NULL,
                             "URL.%s must be a string, got %s", fields[id - 1],
                             luaL_typename(L, 3));
    }
    s = lua_tolstring(L, 3, &n);
    if (!is_good(s, n, id)) {
        return wfp_api_error(L, "TypeError", NULL, "Invalid %s",
                             fields[id - 1]);
    }
    if (id == FIELD_HREF) {
        push_url(L, s, n, NULL);
    }
    else {
        (void)wfp_class_new(L, &url_class, sizeof(url_t), V_PARAMS);
        for (i = WFP_URL_PROTOCOL; i <= WFP_URL_PARTS; i++) {
            lua_getiuservalue(L, 1, i);
            lua_setiuservalue(L, copy, i);
        }
        if (id == FIELD_HOST) {
            if (has_port(s, n)) {
                lua_pushliteral(L, "");
                lua_setiuservalue(L, copy, WFP_URL_PORT);
            }
            id = WFP_URL_HOSTNAME;
        }
        push_part(L, id, s, n);
        lua_setiuservalue(L, copy, id);
    }
    push_text(L, copy, add_href);
    s = lua_tolstring(L, -1, &n);
    if (!wfp_url_parts_push(L, &parts, s, n, NULL)) {
        return wfp_api_error(L, "TypeError", NULL, "%s", parts.data);
    }
    set_parts(L, 1, &parts);
    if (lua_getiuservalue(L, 1, V_PARAMS) != LUA_TNIL) {
        lua_getiuservalue(L, 1, WFP_URL_SEARCH);
        s = lua_tolstring(L, -1, &n);
        wfp_api_reset_params(L, lua_gettop(L) - 1, s, n);
    }
    return 0;
}

/* [-0, +1, e] url:toString(), tostring(url) */
static int l_url_to_string(lua_State *L)
{
    (void)wfp_class_check(L, 1, &url_class);
    push_text(L, 1, add_href);
    return 1;
}

/* [-0, +(0|1), e] The base at slot 2 as text, or NULL. */
static const char *base_text(lua_State *L)
{
    if (lua_isnoneornil(L, 2)) {
        return NULL;
    }
    if (wfp_api_url_href(L, 2)) {
        lua_replace(L, 2);
    }
    return wfp_class_text(L, 2, "URL: the base", NULL);
}

/* [-0, +1, e] The URL at slot 1 as text. */
static const char *input_text(lua_State *L, size_t *n)
{
    if (wfp_api_url_href(L, 1)) {
        lua_replace(L, 1);
    }
    return wfp_class_text(L, 1, "URL: the text", n);
}

/* [-0, +1, e] URL.new(s, base?) */
static int l_url_new(lua_State *L)
{
    size_t n;
    const char *s, *base;

    lua_settop(L, 2);
    s = input_text(L, &n);
    base = base_text(L);
    push_url(L, s, n, base);
    return 1;
}

/* [-0, +1, e] URL.parse(s, base?) */
static int l_url_parse(lua_State *L)
{
    size_t n;
    const char *s, *base;

    lua_settop(L, 2);
    s = input_text(L, &n);
    base = base_text(L);
    if (!push_parsed(L, s, n, base)) {
        lua_pushnil(L);
    }
    return 1;
}

/* [-0, +1, e] URL.canParse(s, base?) */
static int l_url_can_parse(lua_State *L)
{
    size_t n;
    const char *s, *base;
    wfp_url_parts_t parts;

    lua_settop(L, 2);
    s = input_text(L, &n);
    base = base_text(L);
    lua_pushboolean(L, wfp_url_parts_push(L, &parts, s, n, base));
    return 1;
}

static const luaL_Reg methods[] = {
    { "toString", l_url_to_string },
    { "toJSON", l_url_to_string },
    { NULL, NULL },
};
static const luaL_Reg meta[] = {
    { "__tostring", l_url_to_string },
    { NULL, NULL },
};
static const luaL_Reg statics[] = {
    { "canParse", l_url_can_parse },
    { "parse", l_url_parse },
    { NULL, NULL },
};
static const wfp_class_t url_class = {
    "URL", methods, fields, l_url_index, l_url_newindex, meta,
};

void wfp_api_open_url(lua_State *L)
{
    wfp_class_global(L, "URL", l_url_new, statics);
}
