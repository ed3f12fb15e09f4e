/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Invocations: the only place that calls tenant code. Called by mod_wfp's
 * invoke.c and, nested, from within host calls of another isolate. Each entry
 * is a frame on the invocation's budget (call.c); what a handler returned is
 * read raw inside it.
 */
#include "lua_runtime/run.h"

#include <apr_strings.h>
#include <lauxlib.h>
#include <string.h>

#include "core/xml.h"
#include "lua_runtime/api/api.h"
#include "lua_runtime/call.h"
#include "lua_runtime/function_body.h"
#include "lua_runtime/guard.h"
#include "lua_runtime/inside.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/speed.h"
#include "lua_runtime/split.h"
#include "lua_runtime/state.h"
#include "lua_runtime/tick.h"
#include "lua_runtime/unpacked.h"

/* An idle isolate may hold this much garbage, and twice what it held when it
 * was last collected. */
#define GARBAGE_MAX (1024 * 1024)

/* CPU time of a collection at the end of an invocation. */
#define COLLECT_MS 200

/* What one entry takes and gives. */
typedef struct entry_t {
    wfp_invocation_t *inv;
    wfp_request_t *req;
    wfp_response_t *response;
    const char *method;
    const char *args;
    const char *result;
    const wfp_event_t *event;
} entry_t;

apr_status_t wfp_run_begin(wfp_invocation_t **pinv, wfp_isolate_t *iso,
                           wfp_host_ctx_t *host_ctx, const wfp_limits_t *limits,
                           apr_time_t deadline, const char *props,
                           const apr_array_header_t *params, apr_pool_t *p)
{
    wfp_invocation_t *inv;

    if (iso->dead || iso->inv) {
        return APR_EBUSY;
    }
    inv = apr_pcalloc(p, sizeof(*inv));
    inv->iso = iso;
    inv->host_ctx = host_ctx;
    inv->limits = *limits;
    inv->props = props;
    inv->params = params;
    inv->pool = p;
    inv->queue_ref = LUA_NOREF;
    inv->log_left = limits->v[WFP_LIMIT_LOG_KB] * 1024;
    wfp_meter_set_budget(&inv->budget, iso->runtime, limits);
    inv->budget.wall_end_ns = deadline * 1000;
    wfp_state_stop_time(iso);
    iso->steps_max = wfp_meter_steps_for(limits);
    iso->inv = inv;
    iso->generation++;
    iso->arena.peak = iso->arena.used;
    *pinv = inv;
    return APR_SUCCESS;
}

/* [-0, +2, e] Push env and ctx of an invocation. */
static void push_env_ctx(lua_State *L, const wfp_invocation_t *inv)
{
    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, inv->iso->env_ref);
    if (inv->params && inv->params->nelts > 0) {
        wfp_api_push_env_with_params(L, lua_gettop(L));
        lua_remove(L, -2);
    }
    wfp_api_push_ctx(L);
}

/* [-0, +0, e] fetch(request, env, ctx) */
static int l_fetch(lua_State *L)
{
    entry_t *entry = lua_touserdata(L, 1);
    const wfp_invocation_t *inv = entry->inv;

    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, inv->iso->fetch_ref);
    wfp_api_push_request(L, entry->req);
    push_env_ctx(L, inv);
    lua_call(L, 3, 1);
    if (!wfp_api_to_response(&entry->response, L, lua_gettop(L))) {
        entry->response = NULL;
    }
    return 0;
}

apr_status_t wfp_run_fetch(wfp_response_t **presp, wfp_invocation_t *inv,
                           wfp_request_t *req, wfp_result_t *res)
{
    entry_t entry = { inv, req, NULL, NULL, NULL, NULL, NULL };
    apr_status_t rv;

    if (inv->iso->fetch_ref == LUA_NOREF) {
        return wfp_result_set(res, WFP_EXCEPTION, APR_EGENERAL,
                              "The Worker has no fetch handler");
    }
    rv = wfp_call(inv->iso, &inv->budget, l_fetch, &entry, res);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    if (!entry.response) {
        return wfp_result_set(res, WFP_INVALID_RESPONSE, APR_EGENERAL, NULL);
    }
    *presp = entry.response;
    return APR_SUCCESS;
}

/* [-0, +0, e] handler(event, env, ctx) */
static int l_event(lua_State *L)
{
    entry_t *entry = lua_touserdata(L, 1);
    const char *name = wfp_api_handler_name(entry->event);

    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, entry->inv->iso->table_ref);
    lua_pushstring(L, name);
    if (lua_rawget(L, -2) != LUA_TFUNCTION) {
        return wfp_api_error(L, "Error", NULL,
                             "Handler does not export a %s() function.", name);
    }
    lua_remove(L, -2);
    wfp_api_push_event(L, entry->event);
    push_env_ctx(L, entry->inv);
    lua_call(L, 3, 0);
    return 0;
}

apr_status_t wfp_run_event(wfp_invocation_t *inv, const wfp_event_t *event,
                           wfp_result_t *res)
{
    entry_t entry = { inv, NULL, NULL, NULL, NULL, NULL, event };

    return wfp_call(inv->iso, &inv->budget, l_event, &entry, res);
}

/* What the server calls with an event is not for other Workers, who would make
 * one up. */
static int is_handler(const char *method)
{
    return !strcmp(method, "fetch") || !strcmp(method, "scheduled")
           || !strcmp(method, "queue") || !strcmp(method, "tail");
}

/* [-0, +0, e] method(env, ctx, args...) */
static int l_call(lua_State *L)
{
    entry_t *entry = lua_touserdata(L, 1);
    wfp_isolate_t *iso = entry->inv->iso;
    int n;

    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, iso->table_ref);
    lua_pushstring(L, entry->method);
    if (lua_rawget(L, -2) != LUA_TFUNCTION || is_handler(entry->method)) {
        return wfp_api_error(L, "TypeError", NULL,
                             "The Worker has no function \"%s\"",
                             entry->method);
    }
    lua_remove(L, -2);
    push_env_ctx(L, entry->inv);
    n = 2;
    if (entry->args) {
        n += wfp_api_push_values(L, entry->args);
    }
    lua_call(L, n, 1);
    if (!lua_isnil(L, -1)) {
        entry->result = wfp_api_pack_values(L, lua_gettop(L), 1, "the result",
                                            0);
    }
    return 0;
}

apr_status_t wfp_run_call(const char **presult, wfp_invocation_t *inv,
                          const char *method, const char *args,
                          wfp_result_t *res)
{
    entry_t entry = { inv, NULL, NULL, method, args, NULL, NULL };
    apr_status_t rv = wfp_call(inv->iso, &inv->budget, l_call, &entry, res);

    if (rv == APR_SUCCESS) {
        *presult = entry.result;
    }
    return rv;
}

int wfp_run_owns_body(const wfp_invocation_t *inv)
{
    return !inv->iso->dead
           && (wfp_function_body_is_open(inv) || wfp_unpacked_is_open(inv));
}

int wfp_run_pending(const wfp_invocation_t *inv)
{
    return inv->iso->dead ? 0 : inv->queue_length - inv->queue_done;
}

/* [-0, +0, e] The next function of the queue. */
static int l_wait_until(lua_State *L)
{
    entry_t *entry = lua_touserdata(L, 1);
    int i, n, call;

    (void)lua_rawgeti(L, LUA_REGISTRYINDEX, entry->inv->queue_ref);
    (void)lua_rawgeti(L, -1, entry->inv->queue_done);
    call = lua_gettop(L);
    lua_pushnil(L);
    lua_rawseti(L, call - 1, entry->inv->queue_done);
    lua_pushliteral(L, "n");
    (void)lua_rawget(L, call);
    n = (int)lua_tointeger(L, -1);
    lua_pop(L, 1);
    luaL_checkstack(L, n + 2, "too many arguments");
    for (i = 1; i <= n; i++) {
        (void)lua_rawgeti(L, call, i);
    }
    lua_call(L, n - 1, 0);
    return 0;
}

apr_status_t wfp_run_wait_until(wfp_invocation_t *inv, wfp_host_ctx_t *host_ctx,
                                apr_time_t deadline, wfp_result_t *res)
{
    entry_t entry = { inv, NULL, NULL, NULL, NULL, NULL, NULL };
    apr_status_t first = APR_SUCCESS;

    inv->host_ctx = host_ctx;
    inv->budget.wall_end_ns = deadline * 1000;
    /* a function may queue another */
    while (wfp_run_pending(inv) > 0) {
        apr_status_t rv;

        inv->queue_done++;
        wfp_state_stop_time(inv->iso);
        rv = wfp_call(inv->iso, &inv->budget, l_wait_until, &entry,
                      first == APR_SUCCESS ? res : NULL);
        if (first == APR_SUCCESS) {
            first = rv;
        }
    }
    return first;
}

void wfp_run_usage(wfp_usage_t *usage, const wfp_invocation_t *inv)
{
    const wfp_budget_t *budget = &inv->budget;

    usage->cpu_us = (budget->cpu_ns + budget->host_ns) / 1000;
    usage->instructions = budget->counting ? budget->instructions : 0;
    usage->memory_peak = (apr_int64_t)inv->iso->arena.peak;
    usage->charged = (apr_int64_t)budget->charged;
    usage->log_bytes = inv->log_bytes;
    usage->log_cut = inv->log_cut;
}

int wfp_run_tell(wfp_result_t *res, const wfp_invocation_t *inv)
{
    if (!inv->iso->dead) {
        return 0;
    }
    wfp_meter_tell(res, inv->iso, &inv->budget);
    return 1;
}

void wfp_run_cut(wfp_invocation_t *inv)
{
    inv->budget.wall_end_ns = wfp_frame_wall_ns();
}

void wfp_run_cut_all(void)
{
    wfp_frame_cut_all();
}

/* [-0, +0, m] */
static int l_collect(lua_State *L)
{
    wfp_tick_collect(wfp_isolate_of(L), L);
    return 0;
}

/* Much garbage does not wait for the next request. */
static void tidy(wfp_isolate_t *iso)
{
    wfp_budget_t budget;
    apr_status_t rv;

    if (iso->arena.used > 2 * iso->base_used + GARBAGE_MAX) {
        memset(&budget, 0, sizeof(budget));
        budget.cpu_code = WFP_CPU_LIMIT;
        budget.cpu_max_ns = (apr_int64_t)COLLECT_MS * 1000000;
        budget.count_at_ns = -1;
        budget.wall_end_ns = APR_INT64_MAX / 2;
        /* left: it is dead then, which the caller of end sees */
        rv = wfp_call(iso, &budget, l_collect, NULL, NULL);
        (void)rv;
    }
    if (!iso->dead
        && wfp_arena_resident(&iso->arena)
               > 2 * iso->arena.used + GARBAGE_MAX) {
        wfp_arena_trim(&iso->arena);
    }
}

wfp_isolate_t *wfp_run_end(wfp_invocation_t *inv)
{
    wfp_isolate_t *iso = inv->iso;

    wfp_split_end_all(inv);
    wfp_unpacked_end_all(inv);
    wfp_function_body_end_all(inv);
    if (!iso->dead) {
        luaL_unref(iso->L, LUA_REGISTRYINDEX, inv->queue_ref);
        wfp_arena_discharge(&iso->arena, inv->budget.charged);
    }
    iso->inv = NULL;
    if (!iso->dead) {
        tidy(iso);
    }
    return iso;
}

double wfp_run_rate(const wfp_runtime_t *runtime)
{
    double known;

    __atomic_load(&runtime->vm_rate, &known, __ATOMIC_RELAXED);
    return known;
}

void wfp_run_set_rate(wfp_runtime_t *runtime, double rate)
{
    if (rate > wfp_run_rate(runtime)) {
        __atomic_store(&runtime->vm_rate, &rate, __ATOMIC_RELAXED);
    }
}

apr_status_t wfp_run_thread_init(void)
{
    return wfp_frame_thread_init();
}

apr_size_t wfp_run_thread_stack(void)
{
    return wfp_frame_thread_stack();
}

apr_status_t wfp_run_child_init(wfp_runtime_t *runtime, wfp_result_t *res)
{
    apr_status_t rv = wfp_frame_child_init();

    wfp_xml_child_init();
    if (rv == APR_SUCCESS) {
        rv = wfp_guard_child_init();
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_frame_thread_init();
    }
    if (rv == APR_SUCCESS && !runtime->exact_metering
        && runtime->vm_rate == 0) {
        rv = wfp_speed_measure(&runtime->vm_rate);
    }
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_INTERNAL, rv,
                              "the Lua runtime cannot be set up");
    }
    return APR_SUCCESS;
}
