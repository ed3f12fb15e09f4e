/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue bindings: env.QUEUE:send(body, options?) and :sendBatch(messages,
 * options?). Bodies become bytes here, as their content type says; how many
 * and how large they may be is core/queue.c's, where they go the host's. What
 * is sent is held by the caller's stack until the host is done with it.
 */
#include "core/queue.h"

#include <string.h>

#include "lua_runtime/api/classes.h"
#include "lua_runtime/ops.h"
#include "lua_runtime/state.h"

typedef struct queue_t {
    const wfp_binding_t *binding; /* lives as long as the isolate */
} queue_t;

/* A call, in a userdata on the stack of the function. */
typedef struct ask_t {
    wfp_queue_send_t send;
    wfp_queue_message_t messages[1];
} ask_t;

static const wfp_class_t queue_class;

void wfp_api_push_queue(lua_State *L, const wfp_binding_t *binding)
{
    queue_t *queue = wfp_class_new(L, &queue_class, sizeof(*queue), 0);

    queue->binding = binding;
}

/* [-0, +1, m] Push a call of n messages. */
static ask_t *push_ask(lua_State *L, int n, int is_batch)
{
    size_t size = sizeof(ask_t) + (size_t)n * sizeof(wfp_queue_message_t);
    ask_t *ask = lua_newuserdatauv(L, size, 0);

    memset(ask, 0, size);
    ask->send.messages = ask->messages;
    ask->send.count = n;
    ask->send.is_batch = is_batch;
    return ask;
}

/* [-0, +0, v] Is it as large as it may be? */
static void check(lua_State *L, const wfp_queue_send_t *send)
{
    char why[WFP_QUEUE_FAULT_SIZE];

    if (!wfp_queue_check(why, send)) {
        wfp_api_error(L, "Error", "queue_error", "Queue %s failed: %s",
                      send->is_batch ? "sendBatch" : "send", why);
    }
}

apr_int64_t wfp_api_queue_delay(lua_State *L, int idx, const char *method)
{
    lua_Integer n = -1;
    int ok = 1;

    if (wfp_class_raw(L, idx, "delaySeconds") != LUA_TNIL
        && !wfp_api_is_null(L, -1)) {
        n = lua_tointegerx(L, -1, &ok);
        if (!ok || !wfp_queue_check_delay(n)) {
            wfp_api_error(L, "Error", "queue_error",
                          "Queue %s failed: delaySeconds must be a whole "
                          "number from 0 to %d",
                          method, WFP_QUEUE_DELAY_MAX);
        }
    }
    lua_pop(L, 1);
    return n;
}

/* [-0, +0, v] contentType of the table at idx */
static wfp_queue_kind_e read_kind(lua_State *L, int idx)
{
    wfp_queue_kind_e kind = WFP_QUEUE_JSON;
    int type = wfp_class_raw(L, idx, "contentType");
    const char *name;

    if (type != LUA_TNIL && !wfp_api_is_null(L, -1)) {
        name = type == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
        kind = name ? wfp_queue_kind_by_name(name) : WFP_QUEUE_KIND_COUNT;
        if (kind == WFP_QUEUE_KIND_COUNT) {
            wfp_api_error(L, "TypeError", NULL,
                          "Unsupported queue message content type: %s",
                          name ? name : lua_typename(L, type));
        }
    }
    lua_pop(L, 1);
    return kind;
}

/* [-0, +0, v] Is it well-formed UTF-8? */
static void need_utf8(lua_State *L, const char *s, size_t n)
{
    size_t i, k;

    for (i = 0; i < n; i += k) {
        k = (unsigned char)s[i] < 0x80 ? 1 : wfp_api_utf8(s + i, n - i);
        if (k == 0) {
            wfp_api_error(L, "TypeError", NULL,
                          "Content Type \"text\" requires well-formed UTF-8");
        }
    }
}

/* [-1, +1, v] The body on the top becomes bytes. */
static void take_body(lua_State *L, wfp_queue_message_t *m)
{
    size_t n = 0;

    if (lua_isnil(L, -1)) {
        wfp_api_error(L, "TypeError", NULL, "Message body cannot be undefined");
    }
    if (m->kind == WFP_QUEUE_JSON) {
        m->body = wfp_api_json_encode(L, lua_gettop(L), &n);
        lua_remove(L, -2);
    }
    else if (lua_type(L, -1) != LUA_TSTRING) {
        wfp_api_error(L, "TypeError", NULL,
                      "Content Type \"%s\" requires a value of type string, "
                      "but received: %s",
                      wfp_queue_kind_name(m->kind), luaL_typename(L, -1));
    }
    else {
        m->body = lua_tolstring(L, -1, &n);
        if (m->kind == WFP_QUEUE_TEXT) {
            need_utf8(L, m->body, n);
        }
    }
    m->size = n;
}

/* [-0, +0, v] wfp_ops_finish_fn */
static int sent(lua_State *L, const wfp_op_t *op)
{
    return op->rv == APR_SUCCESS ? 0 : wfp_api_raise(L, &op->res);
}

/* [-0, +0, v] */
static int start(lua_State *L, ask_t *ask)
{
    const queue_t *queue = wfp_class_check(L, 1, &queue_class);
    wfp_op_t op = { .kind = WFP_OP_QUEUE, .binding = queue->binding };

    check(L, &ask->send);
    op.queue = &ask->send;
    return wfp_ops_call(L, &op, sent);
}

/* [-0, +0, v] Options may be missing. */
static int has_options(lua_State *L, int idx)
{
    if (lua_isnil(L, idx)) {
        return 0;
    }
    if (!lua_istable(L, idx)) {
        wfp_api_error(L, "TypeError", NULL, "options must be a table");
    }
    return 1;
}

/* [-0, +0, e] queue:send(body, options?) */
static int l_queue_send(lua_State *L)
{
    ask_t *ask;

    (void)wfp_class_check(L, 1, &queue_class);
    wfp_state_need_invocation(L);
    lua_settop(L, 3);
    ask = push_ask(L, 1, 0);
    ask->messages[0].delay_s = -1;
    if (has_options(L, 3)) {
        ask->messages[0].kind = read_kind(L, 3);
        ask->messages[0].delay_s = wfp_api_queue_delay(L, 3, "send");
    }
    lua_pushvalue(L, 2);
    take_body(L, &ask->messages[0]);
    return start(L, ask);
}

/* [-0, +0, v] The message at idx; its bytes go into the table at 5. */
static void read_message(lua_State *L, wfp_queue_message_t *m, int idx,
                         int number, apr_int64_t delay)
{
    if (!lua_istable(L, idx)) {
        wfp_api_error(L, "TypeError", NULL,
                      "sendBatch: message %d must be a table, got %s", number,
                      luaL_typename(L, idx));
    }
    m->kind = read_kind(L, idx);
    m->delay_s = wfp_api_queue_delay(L, idx, "sendBatch");
    if (m->delay_s < 0) {
        m->delay_s = delay;
    }
    (void)wfp_class_raw(L, idx, "body");
    take_body(L, m);
    lua_rawseti(L, 5, number);
}

/* [-0, +0, e] queue:sendBatch(messages, options?) */
static int l_queue_send_batch(lua_State *L)
{
    wfp_queue_send_t count = { .is_batch = 1 };
    apr_int64_t delay = -1;
    lua_Unsigned n;
    ask_t *ask;
    int i;

    (void)wfp_class_check(L, 1, &queue_class);
    wfp_state_need_invocation(L);
    lua_settop(L, 3);
    if (!lua_istable(L, 2)) {
        return wfp_api_error(L, "TypeError", NULL,
                             "sendBatch: the messages must be an array");
    }
    n = lua_rawlen(L, 2);
    if (n == 0) {
        return wfp_api_error(L, "TypeError", NULL,
                             "sendBatch() requires at least one message");
    }
    if (n > WFP_QUEUE_BATCH_COUNT_MAX) {
        count.count = n > APR_INT32_MAX ? APR_INT32_MAX : (int)n;
        check(L, &count);
    }
    if (has_options(L, 3)) {
        delay = wfp_api_queue_delay(L, 3, "sendBatch");
    }
    ask = push_ask(L, (int)n, 1);
    lua_createtable(L, (int)n, 0);
    for (i = 0; i < (int)n; i++) {
        lua_rawgeti(L, 2, i + 1);
        read_message(L, &ask->messages[i], lua_gettop(L), i + 1, delay);
        lua_pop(L, 1);
    }
    return start(L, ask);
}

static const luaL_Reg methods[] = {
    { "send", l_queue_send },
    { "sendBatch", l_queue_send_batch },
    { NULL, NULL },
};
static const wfp_class_t queue_class = {
    "Queue", methods, NULL, NULL, NULL, NULL,
};
