/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_STATE_H
#define WFP_API_STATE_H

/**
 * @file
 * A lua_State with the Worker API open and a host of a few answers, for tests
 * of the classes. Included by one file of a program.
 */

#include <apr_strings.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>

#include "core/clock.h"
#include "core/tee.h"
#include "lua_runtime/api/api.h"
#include "lua_runtime/inside.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/sandbox.h"
#include "lua_runtime/state.h"

/** Holds no task: nothing else of it is looked at. */
static wfp_isolate_t api_state_isolate;

static struct {
    apr_pool_t *pool;
    apr_uint32_t generation;
    wfp_script_t *script;
    const wfp_host_t *host;
    apr_size_t charged;
    apr_size_t free_bytes;
    int critical;
    const char *props;
    apr_array_header_t *params;
    int trusted;
    int queued;
    char log[4096];
    wfp_dispatch_t what;
    wfp_request_t *seen;
    const char *args;
} api_state;

size_t wfp_meter_steps_max(const wfp_isolate_t *iso)
{
    return 100000000;
}

size_t wfp_meter_result_max(const wfp_isolate_t *iso)
{
    return 64 * 1024 * 1024;
}

apr_size_t wfp_meter_free_bytes(const wfp_isolate_t *iso)
{
    return api_state.free_bytes;
}

void wfp_meter_critical_begin(wfp_isolate_t *iso)
{
    api_state.critical++;
}

void wfp_meter_critical_end(wfp_isolate_t *iso)
{
    api_state.critical--;
}

void wfp_meter_work_begin(wfp_isolate_t *iso)
{
    api_state.critical++;
}

int wfp_meter_is_over(void *baton)
{
    return 0;
}

void wfp_meter_work_end(wfp_isolate_t *iso)
{
    api_state.critical--;
}

void wfp_meter_host_begin(wfp_isolate_t *iso)
{
    api_state.critical++;
}

void wfp_meter_host_end(wfp_isolate_t *iso)
{
    api_state.critical--;
}

void wfp_meter_body_end(wfp_isolate_t *iso)
{
    api_state.critical--;
}

void wfp_meter_charge(wfp_isolate_t *iso, apr_size_t bytes)
{
    api_state.charged += bytes;
}

void wfp_meter_make_room(wfp_isolate_t *iso, lua_State *L, apr_size_t bytes)
{
    (void)lua_gc(L, LUA_GCCOLLECT);
}

char *wfp_meter_copy(wfp_isolate_t *iso, const char *s, apr_size_t n)
{
    api_state.charged += n + 1;
    return apr_pstrmemdup(api_state.pool, s, n);
}

lua_State *wfp_meter_enter_coroutine(wfp_isolate_t *iso, lua_State *co)
{
    return NULL;
}

void wfp_meter_leave_coroutine(wfp_isolate_t *iso, lua_State *before)
{
}

apr_time_t wfp_state_now(lua_State *L)
{
    return apr_time_from_sec(1700000000);
}

apr_time_t wfp_state_clock(lua_State *L)
{
    return wfp_clock_now();
}

void wfp_meter_tell_room(wfp_result_t *res, const wfp_isolate_t *iso,
                         apr_uint64_t bytes)
{
}

wfp_raised_t *wfp_state_raised(lua_State *L)
{
    return NULL;
}

wfp_invocation_t *wfp_state_invocation(lua_State *L)
{
    return api_state.generation ? (wfp_invocation_t *)&api_state : NULL;
}

apr_uint32_t wfp_state_generation(lua_State *L)
{
    return api_state.generation;
}

apr_pool_t *wfp_state_pool(lua_State *L)
{
    return api_state.generation ? api_state.pool : NULL;
}

wfp_host_ctx_t *wfp_state_host_ctx(lua_State *L)
{
    return NULL;
}

const wfp_host_t *wfp_state_host(lua_State *L)
{
    return api_state.host;
}

const wfp_script_t *wfp_state_script(lua_State *L)
{
    return api_state.script;
}

int wfp_state_is_trusted(lua_State *L)
{
    return api_state.trusted;
}

const char *wfp_state_props(lua_State *L)
{
    return api_state.props;
}

const apr_array_header_t *wfp_state_params(lua_State *L)
{
    return api_state.params;
}

static int tee_take(void *baton, apr_size_t n)
{
    return 1;
}

static void tee_give(void *baton, apr_size_t n)
{
}

void wfp_state_split_body(lua_State *L, wfp_body_t **pa, wfp_body_t **pb,
                          wfp_body_t *source)
{
    static const wfp_tee_room_t room = { tee_take, tee_give, NULL };

    if (wfp_tee_make(pa, pb, source, &room, api_state.pool) != APR_SUCCESS) {
        luaL_error(L, "no tee");
    }
}

wfp_response_t *wfp_state_unpack(lua_State *L, wfp_response_t *resp)
{
    return resp;
}

void wfp_state_need_invocation(lua_State *L)
{
    if (!api_state.generation) {
        wfp_api_error(L, "Error", NULL,
                      "Disallowed operation called within global scope");
    }
}

void wfp_state_queue_wait_until(lua_State *L, int n)
{
    api_state.queued++;
    lua_pop(L, n + 1);
}

apr_size_t wfp_state_take_log(lua_State *L, apr_size_t n, int *first)
{
    *first = 0;
    return n;
}

wfp_body_t *wfp_state_function_body(lua_State *L, int ref)
{
    luaL_unref(L, LUA_REGISTRYINDEX, ref);
    return wfp_body_mem("(function)", 10, api_state.pool);
}

/* ---- the host: echoes what it was asked ---- */

static apr_status_t answer(wfp_response_t **presp, wfp_request_t *req)
{
    apr_pool_t *p = api_state.pool;
    wfp_response_t *resp = wfp_response_make(203, p);

    api_state.seen = req;
    resp->url = req->url;
    resp->redirected = 1;
    wfp_headers_add(resp->headers, "Content-Type", "text/x-echo");
    wfp_headers_add(resp->headers, "Set-Cookie", "a=1");
    wfp_headers_add(resp->headers, "set-cookie", "b=2");
    resp->body = req->body ? req->body : wfp_body_mem("empty", 5, p);
    *presp = resp;
    return APR_SUCCESS;
}

static apr_status_t host_fetch(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                               wfp_request_t *req, wfp_result_t *res)
{
    if (strstr(req->url, "blocked")) {
        return wfp_result_set(res, WFP_EGRESS_BLOCKED, APR_EACCES, "no: %s",
                              "blocked");
    }
    return answer(presp, req);
}

static apr_status_t host_dispatch(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                                  const wfp_dispatch_t *what,
                                  wfp_request_t *req, wfp_result_t *res)
{
    api_state.what = *what;
    if (strcmp(what->name, "slow") == 0) {
        (void)wfp_result_set(res, WFP_CPU_LIMIT, APR_EGENERAL, NULL);
        res->limit = "cpu_ms";
        res->allowed = 50;
        res->used = 51;
        res->worker = "slow";
        res->ns = "production";
        return APR_EGENERAL;
    }
    return answer(presp, req);
}

static apr_status_t host_service(wfp_response_t **presp, wfp_host_ctx_t *ctx,
                                 const wfp_binding_t *binding,
                                 wfp_request_t *req, wfp_result_t *res)
{
    return answer(presp, req);
}

static apr_status_t host_service_call(const char **presult, wfp_host_ctx_t *ctx,
                                      const wfp_binding_t *binding,
                                      const char *method, const char *args,
                                      wfp_result_t *res)
{
    api_state.args = args;
    *presult = strcmp(method, "nothing") == 0 ? NULL : args;
    return APR_SUCCESS;
}

static void host_log(wfp_host_ctx_t *ctx, wfp_log_e level, const char *text,
                     apr_size_t n)
{
    apr_size_t len = strlen(api_state.log);

    apr_snprintf(api_state.log + len, sizeof(api_state.log) - len, "%d:%.*s\n",
                 level, (int)n, text);
}

static apr_status_t host_wait(wfp_host_ctx_t *ctx, apr_interval_time_t time,
                              wfp_result_t *res)
{
    return APR_SUCCESS;
}

static void host_pass_through(wfp_host_ctx_t *ctx)
{
    api_state.queued += 100;
}

static const wfp_host_t api_host = {
    host_fetch, host_dispatch, host_service, host_service_call,
    NULL,       host_log,      host_wait,    host_pass_through,
    NULL,
};

static void api_add_binding(const char *name, wfp_binding_e kind,
                            const char *text)
{
    wfp_binding_t b;

    memset(&b, 0, sizeof(b));
    b.name = name;
    b.kind = kind;
    b.text = text;
    b.text_size = text ? strlen(text) : 0;
    APR_ARRAY_PUSH(api_state.script->bindings, wfp_binding_t) = b;
}

/** A state as an isolate has it, in its first invocation; globals `env`,
 *  `ctx` and `request` are what a handler would get. */
static lua_State *api_state_new(apr_pool_t *p)
{
    lua_State *L = luaL_newstate();
    wfp_request_t *req;
    wfp_cf_t *cf = apr_pcalloc(p, sizeof(*cf));

    memset(&api_state, 0, sizeof(api_state));
    *(wfp_isolate_t **)lua_getextraspace(L) = &api_state_isolate;
    api_state.pool = p;
    api_state.host = &api_host;
    api_state.free_bytes = 32 * 1024 * 1024;
    api_state.props = "00000999;Ts4:frees4:plan"
                      "Mi1;i1;i2;i2;Es4:listE";
    api_state.script = wfp_script_make(p);
    api_state.script->version_id = "5f0f2a3e";
    api_state.script->version_tag = "v1";
    api_add_binding("GREETING", WFP_BINDING_PLAIN_TEXT, "hello");
    api_add_binding("SETTINGS", WFP_BINDING_JSON, "{\"a\":[1,2,{\"b\":null}]}");
    api_add_binding("DISPATCHER", WFP_BINDING_DISPATCH_NAMESPACE, NULL);
    api_add_binding("SVC", WFP_BINDING_SERVICE, NULL);
    api_add_binding("VERSION", WFP_BINDING_VERSION_METADATA, NULL);
    wfp_sandbox_open(L);
    wfp_api_open(L);
    wfp_api_push_env(L);
    lua_setglobal(L, "env");
    api_state.generation = 1;
    wfp_api_push_ctx(L);
    lua_setglobal(L, "ctx");
    req = wfp_request_make("POST", "https://example.com/a?b=c", p);
    wfp_headers_add(req->headers, "Host", "example.com");
    wfp_headers_add(req->headers, "X-Many", "1");
    wfp_headers_add(req->headers, "x-many", "2");
    req->body = wfp_body_mem("the body", 8, p);
    req->redirect = WFP_REDIRECT_MANUAL;
    cf->client_ip = "192.0.2.1";
    cf->http_protocol = "HTTP/1.1";
    req->cf = cf;
    wfp_api_push_request(L, req);
    lua_setglobal(L, "request");
    return L;
}

/** Run a chunk that returns one value; its text, or the error's. */
static const char *api_state_run(lua_State *L, const char *chunk)
{
    lua_settop(L, 0);
    if (luaL_loadbufferx(L, chunk, strlen(chunk), "=t", "t") == LUA_OK) {
        (void)lua_pcall(L, 0, 1, 0);
    }
    return wfp_sandbox_tostring(L, -1, NULL);
}

#define RUN(chunk, want) CHECK_STR(api_state_run(L, chunk), want)

#endif
