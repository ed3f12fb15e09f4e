/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes URLs apart for the classes. The only place of this folder that calls
 * the parser: it allocates and may lock, so it runs critical, in a pool that
 * lives as long as the call; the parts are copied out.
 */
#include "lua_runtime/api/url_parts.h"

#include <apr_strings.h>
#include <string.h>

#include "core/url.h"
#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

/* While critical. @return 0: no room */
static int put(wfp_url_parts_t *parts, int part, const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b);

    if (na + nb > parts->room - parts->used) {
        return 0;
    }
    memcpy(parts->data + parts->used, a, na);
    memcpy(parts->data + parts->used + na, b, nb);
    parts->used += na + nb;
    parts->n[part] = na + nb;
    return 1;
}

/* While critical. @return 0: the reason is in data */
static int parse(wfp_url_parts_t *parts, const char *text, const char *base,
                 apr_pool_t *p)
{
    wfp_result_t res;
    wfp_url_t url;
    const char *port;

    wfp_result_init(&res, p);
    if (wfp_url_parse(&url, text, base, &res, p) != APR_SUCCESS) {
        apr_cpystrn(parts->data, res.message ? res.message : "Invalid URL",
                    parts->room);
        return 0;
    }
    port = url.port_given ? apr_psprintf(p, "%d", url.port) : "";
    if (put(parts, WFP_URL_PROTOCOL, url.scheme, ":")
        && put(parts, WFP_URL_USERNAME, url.user, "")
        && put(parts, WFP_URL_PASSWORD, url.password, "")
        && put(parts, WFP_URL_HOSTNAME, url.host, "")
        && put(parts, WFP_URL_PORT, port, "")
        && put(parts, WFP_URL_PATHNAME, url.path, "")
        && put(parts, WFP_URL_SEARCH, url.query, "")
        && put(parts, WFP_URL_HASH, url.fragment, "")) {
        return 1;
    }
    apr_cpystrn(parts->data, "Invalid URL: too long", parts->room);
    return 0;
}

int wfp_url_parts_push(lua_State *L, wfp_url_parts_t *parts, const char *text,
                       size_t n, const char *base)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    apr_pool_t *p;
    int ok = 0;

    memset(parts->n, 0, sizeof(parts->n));
    parts->used = 0;
    parts->data = parts->small;
    parts->room = 4 * (n + (base ? strlen(base) : 0)) + 256;
    if (parts->room > sizeof(parts->small)) {
        parts->data = lua_newuserdatauv(L, parts->room, 0);
    }
    else {
        lua_pushnil(L);
    }
    if (memchr(text, '\0', n)) {
        apr_cpystrn(parts->data, "Invalid URL", parts->room);
        return 0;
    }
    wfp_meter_critical_begin(iso);
    if (apr_pool_create(&p, wfp_state_pool(L)) == APR_SUCCESS) {
        ok = parse(parts, text, base, p);
        apr_pool_destroy(p);
    }
    wfp_meter_critical_end(iso);
    return ok;
}

/* [-0, +0, v] Append the parts from..to, which follow each other in data. */
static void add_parts(wfp_buffer_t *b, const wfp_url_parts_t *parts, int from,
                      int to)
{
    size_t skip = 0, n = 0;
    int i;

    for (i = WFP_URL_PROTOCOL; i <= to; i++) {
        skip += i < from ? parts->n[i] : 0;
        n += i < from ? 0 : parts->n[i];
    }
    wfp_buffer_add(b, parts->data + skip, n);
}

void wfp_api_push_href(lua_State *L, const char *text, size_t n,
                       const char *base)
{
    wfp_buffer_t b;
    wfp_url_parts_t parts;
    int top = lua_gettop(L);

    luaL_checkstack(L, 16, NULL);
    if (!wfp_url_parts_push(L, &parts, text, n, base)) {
        wfp_api_error(L, "TypeError", NULL, "%s", parts.data);
    }
    wfp_buffer_init(&b, L);
    add_parts(&b, &parts, WFP_URL_PROTOCOL, WFP_URL_PROTOCOL);
    wfp_buffer_add(&b, "//", 2);
    if (parts.n[WFP_URL_USERNAME] || parts.n[WFP_URL_PASSWORD]) {
        add_parts(&b, &parts, WFP_URL_USERNAME, WFP_URL_USERNAME);
        if (parts.n[WFP_URL_PASSWORD]) {
            wfp_buffer_byte(&b, ':');
            add_parts(&b, &parts, WFP_URL_PASSWORD, WFP_URL_PASSWORD);
        }
        wfp_buffer_byte(&b, '@');
    }
    add_parts(&b, &parts, WFP_URL_HOSTNAME, WFP_URL_HOSTNAME);
    if (parts.n[WFP_URL_PORT]) {
        wfp_buffer_byte(&b, ':');
    }
    add_parts(&b, &parts, WFP_URL_PORT, WFP_URL_PARTS);
    wfp_buffer_push(&b);
    lua_replace(L, top + 1);
    lua_settop(L, top + 1);
}
