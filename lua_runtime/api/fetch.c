/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch(), scheduler.wait() and Date.now(): the calls of the host that belong
 * to no object. The outbound pipeline, its limits and its policy are behind
 * the host's fetch; nothing of it is known here.
 */
#include <apr_strings.h>

#include "core/unpack.h"
#include "lua_runtime/api/classes.h"
#include "lua_runtime/meter.h"
#include "lua_runtime/ops.h"
#include "lua_runtime/state.h"

/* [-0, +1, v] wfp_ops_finish_fn: the signal, or nil, is on the top */
static int fetched(lua_State *L, const wfp_op_t *op)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);

    if (op->signal && wfp_api_signal_aborted(L, lua_gettop(L))) {
        if (op->rv == APR_SUCCESS && op->resp->body) {
            wfp_meter_host_begin(iso);
            wfp_body_cancel(op->resp->body);
            wfp_meter_host_end(iso);
        }
        return wfp_api_signal_raise(L, lua_gettop(L));
    }
    if (op->rv != APR_SUCCESS) {
        return wfp_api_raise(L, &op->res);
    }
    wfp_api_push_response(L, op->decompress ? wfp_state_unpack(L, op->resp)
                                            : op->resp);
    if (op->signal) {
        lua_pushvalue(L, -2);
        lua_setiuservalue(L, -2, WFP_PAYLOAD_SIGNAL);
    }
    return 1;
}

/* [-0, +0, v] The same request with a word for origins that they may pack. Not
 * where the caller says what it takes, or wants a part: which of packed bytes
 * could not be unpacked. */
static wfp_request_t *ask_packed(lua_State *L, wfp_request_t *req)
{
    wfp_isolate_t *iso = wfp_isolate_of(L);
    const wfp_headers_t *h = req->headers;
    wfp_request_t *asking;
    int i;

    if (wfp_headers_get(h, "Accept-Encoding") || wfp_headers_get(h, "Range")) {
        return req;
    }
    wfp_meter_charge(iso, sizeof(*req)
                              + (apr_size_t)(h->count + 8) * 2
                                    * sizeof(wfp_header_t));
    wfp_meter_critical_begin(iso);
    asking = apr_pmemdup(req->pool, req, sizeof(*req));
    asking->headers = wfp_headers_make(req->pool);
    for (i = 0; i < h->count; i++) {
        wfp_headers_addn(asking->headers, h->list[i].name, h->list[i].value);
    }
    wfp_headers_addn(asking->headers, "accept-encoding", WFP_UNPACK_ACCEPTS);
    wfp_meter_critical_end(iso);
    return asking;
}

int wfp_api_send(lua_State *L, wfp_op_t *op, int idx)
{
    int signal = idx + 1;

    lua_settop(L, idx);
    wfp_api_push_request_signal(L, idx);
    if (!lua_isnil(L, signal) && wfp_api_signal_aborted(L, signal)) {
        return wfp_api_signal_raise(L, signal);
    }
    op->req = wfp_api_core_request(L, idx);
    if (op->kind == WFP_OP_FETCH && wfp_api_wants_decompress(L, idx)) {
        op->decompress = 1;
        op->req = ask_packed(L, op->req);
    }
    op->signal = lua_touserdata(L, signal);
    return wfp_ops_call(L, op, fetched);
}

/* [-0, +1, e] fetch(input, init?) */
static int l_fetch(lua_State *L)
{
    wfp_op_t op = { .kind = WFP_OP_FETCH };

    wfp_state_need_invocation(L);
    lua_settop(L, 2);
    wfp_api_make_request(L, 1);
    return wfp_api_send(L, &op, 3);
}

/* [-0, +0, e] scheduler.wait(ms) */
static int l_wait(lua_State *L)
{
    lua_Integer ms;
    int ok;

    wfp_state_need_invocation(L);
    ms = lua_tointegerx(L, 1, &ok);
    if (!ok || ms < 0 || ms > 86400000) {
        return wfp_api_error(L, "TypeError", NULL,
                             "wait wants a whole number of milliseconds");
    }
    return wfp_ops_sleep(L, apr_time_from_msec(ms));
}

/* [-0, +1, -] Date.now() */
static int l_now(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)apr_time_as_msec(wfp_state_now(L)));
    return 1;
}

void wfp_api_open_fetch(lua_State *L)
{
    lua_pushcfunction(L, l_fetch);
    lua_setglobal(L, "fetch");
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_wait);
    lua_setfield(L, -2, "wait");
    lua_setglobal(L, "scheduler");
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, l_now);
    lua_setfield(L, -2, "now");
    lua_setglobal(L, "Date");
}
