/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a queue handler is given: the batch and its messages. They are lent: the
 * batch is the host's, for this invocation only, and so are the fates that the
 * script gives its messages. The first word about a message counts.
 */
#include "lua_runtime/api/classes.h"
#include "lua_runtime/state.h"

typedef struct batch_t {
    wfp_queue_batch_t *batch;
    apr_uint32_t generation;
} batch_t;

typedef struct message_t {
    wfp_queue_message_t *message;
    apr_uint32_t generation;
} message_t;

static const wfp_class_t batch_class, message_class;

/* [-0, +1, m] */
static void push_message(lua_State *L, wfp_queue_message_t *message)
{
    message_t *m = wfp_class_new(L, &message_class, sizeof(*m), 1);

    m->message = message;
    m->generation = wfp_state_generation(L);
}

void wfp_api_push_queue_batch(lua_State *L, wfp_queue_batch_t *batch)
{
    batch_t *b = wfp_class_new(L, &batch_class, sizeof(*b), 1);
    int i;

    luaL_checkstack(L, 10, NULL);
    b->batch = batch;
    b->generation = wfp_state_generation(L);
    lua_createtable(L, batch->count, 0);
    for (i = 0; i < batch->count; i++) {
        push_message(L, &batch->messages[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setiuservalue(L, -2, 1);
}

/* ---- fates -------------------------------------------------------------------- */

static void set_fate(wfp_queue_message_t *m, wfp_queue_fate_e fate,
                     apr_int64_t delay)
{
    if (m->fate == WFP_QUEUE_OPEN) {
        m->fate = fate;
        m->retry_s = delay;
    }
}

/* [-0, +0, v] delaySeconds of the options at 2; -1: none */
static apr_int64_t read_options(lua_State *L, const char *method)
{
    lua_settop(L, 2);
    if (lua_isnil(L, 2)) {
        return -1;
    }
    if (!lua_istable(L, 2)) {
        wfp_api_error(L, "TypeError", NULL, "options must be a table");
    }
    return wfp_api_queue_delay(L, 2, method);
}

/* ---- messages ----------------------------------------------------------------- */

/* [-0, +0, v] */
static message_t *check_message(lua_State *L)
{
    message_t *m = wfp_class_check(L, 1, &message_class);

    wfp_api_check_generation(L, m->generation);
    wfp_state_need_invocation(L);
    return m;
}

/* [-0, +1, e] The body, decoded when it is asked for. */
static void push_body(lua_State *L, const wfp_queue_message_t *m)
{
    if (lua_getiuservalue(L, 1, 1) != LUA_TNIL) {
        return;
    }
    if (m->kind == WFP_QUEUE_JSON) {
        wfp_api_json_decode(L, m->body, m->size);
    }
    else {
        lua_pushlstring(L, m->body, m->size);
    }
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 1, 1);
}

/* [-0, +1, e] */
static int l_message_index(lua_State *L)
{
    int field = wfp_class_field(L);
    const wfp_queue_message_t *m;

    if (field == 0) {
        return 1;
    }
    m = check_message(L)->message;
    switch (field) {
    case 1:
        lua_pushstring(L, m->id);
        break;
    case 2:
        lua_pushinteger(L, m->sent_ms);
        break;
    case 3:
        push_body(L, m);
        break;
    default:
        lua_pushinteger(L, m->attempts);
    }
    return 1;
}

/* [-0, +0, e] message:ack() */
static int l_message_ack(lua_State *L)
{
    set_fate(check_message(L)->message, WFP_QUEUE_ACK, -1);
    return 0;
}

/* [-0, +0, e] message:retry(options?) */
static int l_message_retry(lua_State *L)
{
    wfp_queue_message_t *m = check_message(L)->message;

    set_fate(m, WFP_QUEUE_RETRY, read_options(L, "retry"));
    return 0;
}

static const char *const message_fields[] = { "id", "timestamp", "body",
                                              "attempts", NULL };
static const luaL_Reg message_methods[] = {
    { "ack", l_message_ack },
    { "retry", l_message_retry },
    { NULL, NULL },
};
static const wfp_class_t message_class = {
    "Message", message_methods, message_fields, l_message_index, NULL, NULL,
};

/* ---- the batch ------------------------------------------------------------------ */

/* [-0, +0, v] */
static batch_t *check_batch(lua_State *L)
{
    batch_t *b = wfp_class_check(L, 1, &batch_class);

    wfp_api_check_generation(L, b->generation);
    wfp_state_need_invocation(L);
    return b;
}

/* [-0, +1, e] */
static int l_batch_index(lua_State *L)
{
    int field = wfp_class_field(L);
    const batch_t *b;

    if (field == 0) {
        return 1;
    }
    b = check_batch(L);
    if (field == 1) {
        lua_pushstring(L, b->batch->queue);
    }
    else {
        (void)lua_getiuservalue(L, 1, 1);
    }
    return 1;
}

static void set_all(wfp_queue_batch_t *batch, wfp_queue_fate_e fate,
                    apr_int64_t delay)
{
    int i;

    for (i = 0; i < batch->count; i++) {
        set_fate(&batch->messages[i], fate, delay);
    }
}

/* [-0, +0, e] batch:ackAll() */
static int l_batch_ack_all(lua_State *L)
{
    set_all(check_batch(L)->batch, WFP_QUEUE_ACK, -1);
    return 0;
}

/* [-0, +0, e] batch:retryAll(options?) */
static int l_batch_retry_all(lua_State *L)
{
    wfp_queue_batch_t *batch = check_batch(L)->batch;

    set_all(batch, WFP_QUEUE_RETRY, read_options(L, "retryAll"));
    return 0;
}

static const char *const batch_fields[] = { "queue", "messages", NULL };
static const luaL_Reg batch_methods[] = {
    { "ackAll", l_batch_ack_all },
    { "retryAll", l_batch_retry_all },
    { NULL, NULL },
};
static const wfp_class_t batch_class = {
    "MessageBatch", batch_methods, batch_fields, l_batch_index, NULL, NULL,
};
