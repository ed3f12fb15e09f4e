/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Making an isolate: arena, state, globals, API, the Worker's top level under
 * the start-up limit; and giving it back. Called by mod_wfp (through the pool)
 * and by the upload check. What runs later is run.c's.
 */
#include "lua_runtime/isolate.h"

#include <lauxlib.h>
#include <stddef.h>
#include <string.h>

#include "core/record_head.h"
#include "lua_runtime/api/api.h"
#include "lua_runtime/call.h"
#include "lua_runtime/code.h"
#include "lua_runtime/inside.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/modules.h"
#include "lua_runtime/sandbox.h"
#include "lua_runtime/state.h"
#include "lua_runtime/tasks.h"
#include "lua_runtime/tick.h"

/* Start-up has no wall limit: nothing waits there. */
#define NEVER_NS (APR_INT64_MAX / 2)

/* A collection begins when memory has grown to this percentage of what the last
 * one left: keeps a warm hello below 64 KB; 200, Lua's own, took 78. */
#define GC_PAUSE 150

/* Lua's own. */
#define GC_STEP_MUL 100

const char *const wfp_isolate_handler_names[] = { "fetch", "scheduled", "queue",
                                                  "tail", NULL };

/* Bit of iso->handlers: the table holds a function at all. */
#define ANY_FUNCTION (1u << 31)

/* What is made, and of what. */
typedef struct making_t {
    wfp_isolate_t *iso;
    const wfp_script_t *script;
    wfp_script_t *compiled; /* wfp_isolate_compile(): set bytecode in it */
    const char **secrets;   /* opened text of each binding, or NULL */
    apr_size_t *sizes;
    apr_pool_t *p;
} making_t;

/* Copies into the arena; only inside a frame, which they may leave. */
static void *keep_bytes(wfp_isolate_t *iso, const void *data, apr_size_t n)
{
    char *copy = wfp_arena_alloc(&iso->arena, NULL, 0, n + 1);

    if (data) {
        memcpy(copy, data, n);
    }
    copy[n] = '\0';
    return copy;
}

static const char *keep(wfp_isolate_t *iso, const char *s)
{
    return s ? keep_bytes(iso, s, strlen(s)) : NULL;
}

static apr_array_header_t *keep_array(wfp_isolate_t *iso,
                                      const apr_array_header_t *from)
{
    apr_array_header_t *to;

    if (!from) {
        return NULL;
    }
    to = keep_bytes(iso, from, sizeof(*from));
    to->pool = NULL;
    to->nalloc = to->nelts;
    to->elts = keep_bytes(iso, from->elts,
                          (apr_size_t)from->nelts * (apr_size_t)from->elt_size);
    return to;
}

static void keep_binding(making_t *making, wfp_binding_t *b, int i)
{
    wfp_isolate_t *iso = making->iso;
    int k;

    b->name = keep(iso, b->name);
    if (making->secrets && making->secrets[i]) {
        b->text = keep_bytes(iso, making->secrets[i], making->sizes[i]);
        b->text_size = making->sizes[i];
    }
    else if (b->text) {
        b->text = keep_bytes(iso, b->text, b->text_size);
    }
    b->target = keep(iso, b->target);
    b->outbound.service = keep(iso, b->outbound.service);
    b->outbound.params = keep_array(iso, b->outbound.params);
    for (k = 0; b->outbound.params && k < b->outbound.params->nelts; k++) {
        wfp_param_t *param = &APR_ARRAY_IDX(b->outbound.params, k, wfp_param_t);

        param->name = keep(iso, param->name);
        param->value = keep(iso, param->value);
    }
}

static apr_array_header_t *keep_texts(wfp_isolate_t *iso,
                                      const apr_array_header_t *list)
{
    apr_array_header_t *kept = keep_array(iso, list);
    int i;

    for (i = 0; kept && i < kept->nelts; i++) {
        const char **text = &APR_ARRAY_IDX(kept, i, const char *);

        *text = keep(iso, *text);
    }
    return kept;
}

/* Most need no more; others take a pool. */
#define HEAD_ROOM ((apr_size_t)1024)

static void keep_record_head(making_t *making)
{
    wfp_script_t *s = &making->iso->script;
    char bytes[HEAD_ROOM];
    wfp_json_out_t out;

    wfp_json_out_begin(&out, bytes, sizeof(bytes), making->p);
    wfp_record_head_tell(&out, s->ns, s->name, s->version_id, s->version_tag,
                         s->version_message, s->tags);
    s->record_head = keep_bytes(making->iso, out.data, out.n);
    s->record_head_n = out.n;
    s->version_message = NULL; /* nobody else tells it */
    wfp_json_out_end(&out);
}

static void keep_script(making_t *making)
{
    wfp_isolate_t *iso = making->iso;
    wfp_script_t *s = &iso->script;
    int i;

    *s = *making->script;
    s->id = keep(iso, s->id);
    s->ns = keep(iso, s->ns);
    s->name = keep(iso, s->name);
    s->version_id = keep(iso, s->version_id);
    s->version_tag = keep(iso, s->version_tag);
    s->main_module = keep(iso, s->main_module);
    s->tags = keep_texts(iso, s->tags);
    s->tails = keep_texts(iso, s->tails);
    s->bindings = keep_array(iso, s->bindings);
    for (i = 0; s->bindings && i < s->bindings->nelts; i++) {
        keep_binding(making, &APR_ARRAY_IDX(s->bindings, i, wfp_binding_t), i);
    }
    keep_record_head(making);
}

/* [-0, +0, v] Lua met an error that nothing catches: a fault of ours. */
static int on_panic(lua_State *L)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);

    wfp_tick_expire(iso->frame, WFP_INTERNAL, 0);
    wfp_frame_leave(iso->frame);
}

static void make_state(wfp_isolate_t *iso, void *arg)
{
    lua_State *L = lua_newstate(wfp_arena_alloc, &iso->arena);

    *(wfp_isolate_t **)lua_getextraspace(L) = iso;
    (void)lua_atpanic(L, on_panic);
    iso->L = L;
    iso->cur = L;
    keep_script(arg);
}

/* [-0, +0, e] Open what the tenant will see. */
static int l_open(lua_State *L)
{
    making_t *making = lua_touserdata(L, 1);
    wfp_isolate_t *iso = making->iso;

    (void)lua_gc(L, LUA_GCSTOP);
    /* texts that Lua makes when nothing can be allocated any more */
    lua_pushliteral(L, "error in error handling");
    (void)luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pushliteral(L, "C stack overflow");
    (void)luaL_ref(L, LUA_REGISTRYINDEX);
    wfp_sandbox_open(L);
    wfp_api_open(L);
    wfp_tasks_open(L);
    wfp_api_push_env(L);
    iso->env_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    wfp_modules_open(L, making->script);
    (void)lua_gc(L, LUA_GCRESTART);
    (void)lua_gc(L, LUA_GCINC, GC_PAUSE, GC_STEP_MUL, 0);
    return 0;
}

static void find_handlers(wfp_isolate_t *iso, lua_State *L, int table)
{
    int i;

    iso->fetch_ref = LUA_NOREF;
    for (i = 0; wfp_isolate_handler_names[i]; i++) {
        lua_pushstring(L, wfp_isolate_handler_names[i]);
        if (lua_rawget(L, table) == LUA_TFUNCTION) {
            iso->handlers |= 1u << i;
            if (i == 0) {
                lua_pushvalue(L, -1);
                iso->fetch_ref = luaL_ref(L, LUA_REGISTRYINDEX);
            }
        }
        lua_pop(L, 1);
    }
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        if (lua_isfunction(L, -1)) {
            iso->handlers |= ANY_FUNCTION;
        }
    }
}

/* [-0, +0, e] Run the main module. */
static int l_top_level(lua_State *L)
{
    making_t *making = lua_touserdata(L, 1);
    wfp_isolate_t *iso = making->iso;
    const char *name = making->script->main_module;
    const wfp_module_t *main = wfp_script_module(making->script, name);

    if (!main) {
        return luaL_error(L, "main module '%s' is missing", name);
    }
    wfp_code_push(L, main);
    lua_call(L, 0, 1);
    if (!lua_istable(L, -1)) {
        return luaL_error(L, "%s: must return a table of handlers", name);
    }
    find_handlers(iso, L, lua_gettop(L));
    wfp_modules_set_main(L, &iso->script, -1);
    iso->table_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    return 0;
}

/* [-0, +0, m] An idle isolate holds no garbage of its making. */
static int l_settle(lua_State *L)
{
    wfp_tick_collect(wfp_isolate_of(L), L);
    return 0;
}

/* [-0, +0, e] Compile every Lua module. */
static int l_compile(lua_State *L)
{
    making_t *making = lua_touserdata(L, 1);
    int i;

    for (i = 0; i < making->compiled->modules->nelts; i++) {
        wfp_module_t *m = &APR_ARRAY_IDX(making->compiled->modules, i,
                                         wfp_module_t);

        if (m->kind == WFP_MODULE_LUA
            || !strcmp(m->name, making->compiled->main_module)) {
            m->bytecode = NULL;
            wfp_code_push(L, m);
            wfp_code_dump(m, L, making->p);
        }
    }
    return 0;
}

/* Open the secrets while no Lua waits for it. */
static apr_status_t open_secrets(making_t *making, const wfp_runtime_t *runtime,
                                 wfp_result_t *res)
{
    const apr_array_header_t *bindings = making->script->bindings;
    apr_size_t n = bindings ? (apr_size_t)bindings->nelts : 0, i;

    making->secrets = apr_pcalloc(making->p, (n + 1) * sizeof(char *));
    making->sizes = apr_pcalloc(making->p, (n + 1) * sizeof(apr_size_t));
    for (i = 0; i < n; i++) {
        const wfp_binding_t *b = &APR_ARRAY_IDX(bindings, i, wfp_binding_t);
        apr_status_t rv;

        if (b->kind != WFP_BINDING_SECRET_TEXT || !runtime->host->open_secret) {
            continue;
        }
        rv = runtime->host->open_secret(&making->secrets[i], &making->sizes[i],
                                        runtime->server, making->script, b,
                                        making->p);
        if (rv != APR_SUCCESS) {
            return wfp_result_set(res, WFP_INTERNAL, rv,
                                  "secret %s cannot be opened", b->name);
        }
    }
    return APR_SUCCESS;
}

static wfp_arena_share_t *share_of(wfp_arena_total_t *total,
                                   const wfp_script_t *script)
{
    return total && total->share_of
               ? total->share_of(total->baton, script->ns, script->name)
               : NULL;
}

static apr_status_t make_arena(wfp_isolate_t **piso, wfp_budget_t *budget,
                               const wfp_limits_t *limits, wfp_result_t *res)
{
    void *owner;
    wfp_isolate_t *iso;
    apr_status_t rv;

    rv = wfp_frame_thread_init();
    if (rv == APR_SUCCESS) {
        rv = wfp_arena_create(&owner, sizeof(*iso),
                              offsetof(wfp_isolate_t, arena),
                              (apr_size_t)limits->v[WFP_LIMIT_MEMORY_MB] * 1024
                                  * 1024,
                              &wfp_meter_arena_calls);
    }
    if (rv != APR_SUCCESS) {
        return wfp_result_set(res, WFP_ISOLATE_UNAVAILABLE, rv, NULL);
    }
    iso = owner;
    wfp_state_stop_time(iso);
    memset(budget, 0, sizeof(*budget));
    budget->cpu_code = WFP_STARTUP_LIMIT;
    budget->cpu_max_ns = limits->v[WFP_LIMIT_STARTUP_MS] * 1000000;
    budget->count_at_ns = -1;
    budget->wall_end_ns = NEVER_NS;
    *piso = iso;
    return APR_SUCCESS;
}

/* State and identity: the first frame of an isolate. */
static apr_status_t enter_state(making_t *making, wfp_budget_t *budget,
                                wfp_result_t *res)
{
    apr_status_t rv = wfp_frame_enter(making->iso, budget, make_state, making);

    if (rv == APR_EINTR) {
        wfp_meter_tell(res, making->iso, budget);
    }
    else if (rv != APR_SUCCESS) {
        (void)wfp_result_set(res, WFP_ISOLATE_UNAVAILABLE, rv, NULL);
    }
    return rv;
}

apr_status_t wfp_isolate_create(wfp_isolate_t **piso,
                                const wfp_runtime_t *runtime,
                                const wfp_script_t *script,
                                const wfp_limits_t *limits, int trusted,
                                wfp_result_t *res, apr_pool_t *p)
{
    return wfp_isolate_create_for(piso, NULL, runtime, script, limits, trusted,
                                  res, p);
}

apr_status_t wfp_isolate_create_for(wfp_isolate_t **piso,
                                    wfp_arena_share_t *payer,
                                    const wfp_runtime_t *runtime,
                                    const wfp_script_t *script,
                                    const wfp_limits_t *limits, int trusted,
                                    wfp_result_t *res, apr_pool_t *p)
{
    making_t making = { NULL, script, NULL, NULL, NULL, p };
    wfp_isolate_t *iso;
    wfp_budget_t budget;
    apr_status_t rv;

    rv = make_arena(&iso, &budget, limits, res);
    if (rv != APR_SUCCESS) {
        return rv;
    }
    wfp_arena_join(&iso->arena, runtime->total,
                   share_of(runtime->total, script), payer);
    making.iso = iso;
    iso->runtime = runtime;
    iso->trusted = trusted;
    iso->steps_max = wfp_meter_steps_for(limits);
    rv = open_secrets(&making, runtime, res);
    if (rv == APR_SUCCESS) {
        rv = enter_state(&making, &budget, res);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_call(iso, &budget, l_open, &making, res);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_call(iso, &budget, l_top_level, &making, res);
    }
    if (rv == APR_SUCCESS) {
        rv = wfp_call(iso, &budget, l_settle, NULL, res);
    }
    if (rv != APR_SUCCESS) {
        wfp_isolate_destroy(iso);
        return rv;
    }
    wfp_arena_trim(&iso->arena);
    *piso = iso;
    return APR_SUCCESS;
}

void wfp_isolate_destroy(wfp_isolate_t *iso)
{
    wfp_arena_destroy(&iso->arena);
}

apr_status_t wfp_isolate_compile(wfp_script_t *script,
                                 const wfp_limits_t *limits, wfp_result_t *res,
                                 apr_pool_t *p)
{
    making_t making = { NULL, script, script, NULL, NULL, p };
    wfp_isolate_t *iso;
    wfp_budget_t budget;
    apr_status_t rv = make_arena(&iso, &budget, limits, res);

    if (rv != APR_SUCCESS) {
        return rv;
    }
    making.iso = iso;
    rv = enter_state(&making, &budget, res);
    if (rv == APR_SUCCESS) {
        rv = wfp_call(iso, &budget, l_compile, &making, res);
    }
    wfp_isolate_destroy(iso);
    return rv;
}

int wfp_isolate_handles(const wfp_isolate_t *iso, const char *handler)
{
    int i;

    if (!handler) {
        return (iso->handlers & ANY_FUNCTION) != 0;
    }
    for (i = 0; wfp_isolate_handler_names[i]; i++) {
        if (!strcmp(wfp_isolate_handler_names[i], handler)) {
            return (iso->handlers >> i) & 1;
        }
    }
    return 0;
}

apr_size_t wfp_isolate_used(const wfp_isolate_t *iso)
{
    return wfp_arena_resident(&iso->arena);
}

apr_size_t wfp_isolate_limit(const wfp_isolate_t *iso)
{
    return iso->arena.limit;
}

int wfp_isolate_is_dead(const wfp_isolate_t *iso)
{
    return iso->dead;
}

apr_int64_t wfp_isolate_stamp(const wfp_isolate_t *iso)
{
    return iso->script.stamp;
}

const char *wfp_isolate_ns(const wfp_isolate_t *iso)
{
    return iso->script.ns;
}

const wfp_script_t *wfp_isolate_script(const wfp_isolate_t *iso)
{
    return &iso->script;
}

const char *wfp_isolate_name(const wfp_isolate_t *iso)
{
    return iso->script.name;
}
