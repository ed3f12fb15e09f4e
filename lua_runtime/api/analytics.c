/* SPDX-License-Identifier: Apache-2.0 */
/*
 * analytics_engine bindings: env.X:writeDataPoint{indexes=, blobs=, doubles=}.
 * It never waits, so it is no op, and no subrequest.
 */
#include <math.h>
#include <string.h>

#include "core/point.h"
#include "lua_runtime/api/classes.h"
#include "lua_runtime/inside.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/state.h"

typedef struct analytics_t {
    const wfp_binding_t *binding; /* lives as long as the isolate */
} analytics_t;

static const wfp_class_t analytics_class;

void wfp_api_push_analytics(lua_State *L, const wfp_binding_t *binding)
{
    analytics_t *a = wfp_class_new(L, &analytics_class, sizeof(*a), 0);

    a->binding = binding;
}

/* [-0, +1, v] A list of the point at 2. @return how many it has */
static int push_list(lua_State *L, const char *name, int max)
{
    lua_Unsigned n = 0;

    if (wfp_class_raw(L, 2, name) == LUA_TNIL || wfp_api_is_null(L, -1)) {
        return 0;
    }
    if (!lua_istable(L, -1)) {
        wfp_api_error(L, "TypeError", NULL,
                      "writeDataPoint(): %s must be an array", name);
    }
    n = lua_rawlen(L, -1);
    if (n > (lua_Unsigned)max) {
        wfp_api_error(L, "TypeError", NULL,
                      "writeDataPoint(): Maximum of %d %s supported.", max,
                      name);
    }
    return (int)n;
}

/* [-0, +1, v] Element i of the list on the top as text, which stays there. */
static const char *push_text(lua_State *L, int list, const char *name, int i,
                             size_t *n)
{
    const char *text;
    size_t at, k;

    if (lua_rawgeti(L, list, i + 1) == LUA_TNIL || wfp_api_is_null(L, -1)) {
        *n = 0;
        return "";
    }
    text = wfp_class_text(L, -1, name, n);
    for (at = 0; at < *n; at += k) {
        k = wfp_api_utf8(text + at, *n - at);
        if (k == 0 || text[at] == '\0') {
            wfp_api_error(L, "TypeError", NULL,
                          "writeDataPoint(): %s[%d] is no UTF-8, or has a NUL",
                          name, i + 1);
        }
    }
    return text;
}

static void read_index(lua_State *L, wfp_point_t *point)
{
    size_t n = 0;
    int count = push_list(L, "indexes", 1);

    point->index = count ? push_text(L, lua_gettop(L), "indexes", 0, &n) : "";
    if (n > WFP_POINT_INDEX_MAX) {
        wfp_api_error(L, "TypeError", NULL,
                      "writeDataPoint(): Maximum size of indexes[1] is %d "
                      "bytes.",
                      WFP_POINT_INDEX_MAX);
    }
}

static void read_blobs(lua_State *L, wfp_point_t *point)
{
    size_t n, sum = 0;
    int i, list;

    point->blobs = push_list(L, "blobs", WFP_POINT_BLOBS_MAX);
    list = lua_gettop(L);
    for (i = 0; i < point->blobs; i++) {
        point->blob[i] = push_text(L, list, "blobs", i, &n);
        sum += n;
    }
    if (sum > WFP_POINT_BLOB_BYTES_MAX) {
        wfp_api_error(L, "TypeError", NULL,
                      "writeDataPoint(): Maximum total size of blobs is %d "
                      "bytes.",
                      WFP_POINT_BLOB_BYTES_MAX);
    }
}

static void read_doubles(lua_State *L, wfp_point_t *point)
{
    int i, list;

    point->doubles = push_list(L, "doubles", WFP_POINT_DOUBLES_MAX);
    list = lua_gettop(L);
    for (i = 0; i < point->doubles; i++) {
        int type = lua_rawgeti(L, list, i + 1);

        point->number[i] = type == LUA_TBOOLEAN ? lua_toboolean(L, -1)
                                                : lua_tonumber(L, -1);
        if ((type != LUA_TNUMBER && type != LUA_TBOOLEAN)
            || !isfinite(point->number[i])) {
            wfp_api_error(L, "TypeError", NULL,
                          "writeDataPoint(): doubles[%d] is no finite number",
                          i + 1);
        }
        lua_pop(L, 1);
    }
}

/* [-0, +0, e] analytics:writeDataPoint{indexes=, blobs=, doubles=} */
static int l_analytics_write(lua_State *L)
{
    const analytics_t *a = wfp_class_check(L, 1, &analytics_class);
    wfp_isolate_t *iso = wfp_isolate_of(L);
    wfp_point_t point;
    wfp_result_t res;
    apr_status_t rv;

    wfp_state_need_invocation(L);
    memset(&point, 0, sizeof(point));
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        lua_newtable(L);
        lua_replace(L, 2);
    }
    if (!lua_istable(L, 2)) {
        return wfp_api_error(L, "TypeError", NULL,
                             "writeDataPoint(): the point must be a table");
    }
    luaL_checkstack(L, WFP_POINT_BLOBS_MAX + 20, NULL);
    read_index(L, &point);
    read_blobs(L, &point);
    read_doubles(L, &point);
    if (iso->inv->points >= WFP_POINTS_MAX) {
        return wfp_api_error(L, "TypeError", NULL,
                             "writeDataPoint(): Maximum of %d data points in "
                             "one invocation.",
                             WFP_POINTS_MAX);
    }
    iso->inv->points++;
    wfp_result_init(&res, wfp_state_pool(L));
    wfp_meter_host_begin(iso);
    rv = wfp_state_host(L)->point(wfp_state_host_ctx(L), a->binding->target,
                                  wfp_state_script(L)->id, &point, &res);
    wfp_meter_host_end(iso);
    return rv == APR_SUCCESS ? 0 : wfp_api_raise(L, &res);
}

static const luaL_Reg methods[] = {
    { "writeDataPoint", l_analytics_write },
    { NULL, NULL },
};
static const wfp_class_t analytics_class = {
    "AnalyticsEngineDataset", methods, NULL, NULL, NULL, NULL,
};
