/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AbortController and AbortSignal. A signal is a few bits: whether and why it
 * was aborted, when it will be by time (AbortSignal.timeout), or of which others
 * it is made (any). Whoever calls the host with one looks at it before and
 * after; a task that aborts ends the calls that run beside (ops.c). By time a
 * signal is aborted when the frozen clock says so, so that nothing changes while
 * code runs.
 */
#include "core/clock.h"
#include "lua_runtime/api/classes.h"
#include "lua_runtime/ops.h"
#include "lua_runtime/sandbox.h"
#include "lua_runtime/state.h"

#define SIGNALS_MAX 100

/* User value 1: the reason, nil: the standard one; 2: those it is made of */
typedef struct wfp_signal_t {
    int aborted;
    apr_time_t until; /* 0: never by itself */
    int count;        /* of sources */
    struct wfp_signal_t *sources[];
} wfp_signal_t;

/* User value 1: the signal */
typedef struct controller_t {
    wfp_signal_t *signal;
} controller_t;

enum {
    FIELD_ABORTED = 1,
    FIELD_REASON
};
static const char *const signal_fields[] = { "aborted", "reason", NULL };
static const char *const controller_fields[] = { "signal", NULL };

static const wfp_class_t signal_class, controller_class;

/* [-0, +1, m] A signal with room for so many sources. */
static wfp_signal_t *push_signal(lua_State *L, int sources)
{
    return wfp_class_new(L, &signal_class,
                         sizeof(wfp_signal_t)
                             + (size_t)sources * sizeof(wfp_signal_t *),
                         2);
}

void wfp_api_push_signal(lua_State *L)
{
    (void)push_signal(L, 0);
}

int wfp_api_is_signal(lua_State *L, int idx)
{
    return wfp_class_test(L, idx, &signal_class) != NULL;
}

/* Is it over for this one, leaving those aside that it is made of? */
static int is_over(lua_State *L, const wfp_signal_t *s)
{
    return s->aborted || (s->until && s->until <= wfp_state_clock(L));
}

/* [-0, +(0|1), -] Which is aborted, the one at idx or one that it is made of?
 * Its object is pushed; NULL: none, and nothing is pushed. */
static const wfp_signal_t *push_aborted(lua_State *L, int idx)
{
    const wfp_signal_t *s = lua_touserdata(L, idx);
    int i;

    if (is_over(L, s)) {
        lua_pushvalue(L, idx);
        return s;
    }
    for (i = 0; i < s->count; i++) {
        if (is_over(L, s->sources[i])) {
            lua_getiuservalue(L, idx, 2);
            lua_rawgeti(L, -1, i + 1);
            lua_remove(L, -2);
            return s->sources[i];
        }
    }
    return NULL;
}

int wfp_api_signal_aborted(lua_State *L, int idx)
{
    if (!push_aborted(L, idx)) {
        return 0;
    }
    lua_pop(L, 1);
    return 1;
}

apr_time_t wfp_api_signal_until(lua_State *L, int idx)
{
    const wfp_signal_t *s = lua_touserdata(L, idx);
    apr_time_t until = s->until;
    int i;

    for (i = 0; i < s->count; i++) {
        apr_time_t other = s->sources[i]->until;

        if (other && (!until || other < until)) {
            until = other;
        }
    }
    return until;
}

/* [-0, +1, m] The reason of the aborted signal at idx. */
static void push_reason(lua_State *L, int idx)
{
    const wfp_signal_t *s = push_aborted(L, idx);
    int at = lua_gettop(L);

    if (!s) {
        lua_pushnil(L);
        return;
    }
    if (lua_getiuservalue(L, at, 1) == LUA_TNIL) {
        lua_pop(L, 1);
        if (s->aborted) {
            wfp_api_push_error(L, "AbortError", "aborted",
                               "The operation was aborted");
        }
        else {
            wfp_api_push_error(L, "TimeoutError", "timeout",
                               "The operation timed out");
        }
        /* the same value for everybody who asks */
        lua_pushvalue(L, -1);
        lua_setiuservalue(L, at, 1);
    }
    lua_remove(L, at);
}

int wfp_api_signal_raise(lua_State *L, int idx)
{
    size_t n;
    const char *text;

    luaL_checkstack(L, 20, NULL);
    push_reason(L, idx);
    if (lua_type(L, -1) == LUA_TTABLE) {
        return lua_error(L);
    }
    /* a text has no code: it becomes the message of an error that has */
    text = wfp_sandbox_tostring(L, -1, &n);
    return wfp_api_error(L, "AbortError", "aborted", "%s", text);
}

/* wfp_ops_abort()'s: has a call with this signal ended with that one? */
static int is_for(const void *given, const void *aborted)
{
    const wfp_signal_t *s = given;
    int i;

    for (i = 0; i < s->count; i++) {
        if (s->sources[i] == aborted) {
            return 1;
        }
    }
    return s == aborted;
}

/* [-0, +1, e] */
static int l_signal_index(lua_State *L)
{
    int id = wfp_class_field(L);

    if (id == 0) {
        return 1;
    }
    (void)wfp_class_check(L, 1, &signal_class);
    if (id == FIELD_ABORTED) {
        lua_pushboolean(L, wfp_api_signal_aborted(L, 1));
    }
    else {
        push_reason(L, 1);
    }
    return 1;
}

/* [-0, +0, e] signal:throwIfAborted() */
static int l_signal_throw(lua_State *L)
{
    (void)wfp_class_check(L, 1, &signal_class);
    return wfp_api_signal_aborted(L, 1) ? wfp_api_signal_raise(L, 1) : 0;
}

/* [-0, +1, e] AbortSignal.timeout(ms) */
static int l_signal_timeout(lua_State *L)
{
    int ok;
    lua_Integer ms = lua_tointegerx(L, 1, &ok);

    wfp_state_need_invocation(L);
    if (!ok || ms < 0 || ms > 86400000) {
        return wfp_api_error(L, "TypeError", NULL,
                             "AbortSignal.timeout wants a whole number of "
                             "milliseconds");
    }
    push_signal(L, 0)->until = wfp_clock_now() + apr_time_from_msec(ms);
    return 1;
}

/* [-0, +1, e] AbortSignal.abort(reason?) */
static int l_signal_abort(lua_State *L)
{
    lua_settop(L, 1);
    push_signal(L, 0)->aborted = 1;
    lua_pushvalue(L, 1);
    lua_setiuservalue(L, -2, 1);
    return 1;
}

/* [-0, +0, v] Append the signal at idx, or what it is made of, to the one being
 * made, whose table of sources is at list. */
static void add_source(lua_State *L, wfp_signal_t *to, int list, int idx)
{
    wfp_signal_t *s = wfp_class_check(L, idx, &signal_class);
    int i;

    if (to->count + s->count + 1 > SIGNALS_MAX) {
        wfp_api_error(L, "RangeError", NULL,
                      "AbortSignal.any takes %d signals at most", SIGNALS_MAX);
    }
    to->sources[to->count++] = s;
    lua_pushvalue(L, idx);
    lua_rawseti(L, list, to->count);
    for (i = 0; i < s->count; i++) {
        lua_getiuservalue(L, idx, 2);
        lua_rawgeti(L, -1, i + 1);
        to->sources[to->count++] = s->sources[i];
        lua_rawseti(L, list, to->count);
        lua_pop(L, 1);
    }
}

/* [-0, +1, e] AbortSignal.any({ signal, ... }) */
static int l_signal_any(lua_State *L)
{
    wfp_signal_t *s;
    int i, n;

    if (lua_type(L, 1) != LUA_TTABLE) {
        return wfp_api_error(L, "TypeError", NULL,
                             "AbortSignal.any wants a table of signals, got %s",
                             luaL_typename(L, 1));
    }
    lua_settop(L, 1);
    n = (int)lua_rawlen(L, 1);
    s = push_signal(L, SIGNALS_MAX);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_setiuservalue(L, 2, 2);
    for (i = 1; i <= n; i++) {
        lua_rawgeti(L, 1, i);
        add_source(L, s, 3, 4);
        lua_settop(L, 3);
    }
    lua_settop(L, 2);
    return 1;
}

/* [-0, +1, e] AbortController.new() */
static int l_controller_new(lua_State *L)
{
    controller_t *c;

    lua_settop(L, 0);
    c = wfp_class_new(L, &controller_class, sizeof(*c), 1);
    c->signal = push_signal(L, 0);
    lua_setiuservalue(L, 1, 1);
    return 1;
}

/* [-0, +1, e] controller.signal */
static int l_controller_index(lua_State *L)
{
    if (wfp_class_field(L) != 0) {
        (void)wfp_class_check(L, 1, &controller_class);
        lua_getiuservalue(L, 1, 1);
    }
    return 1;
}

/* [-0, +0, e] controller:abort(reason?) */
static int l_controller_abort(lua_State *L)
{
    controller_t *c = wfp_class_check(L, 1, &controller_class);

    lua_settop(L, 2);
    if (!c->signal->aborted) {
        lua_getiuservalue(L, 1, 1);
        lua_pushvalue(L, 2);
        lua_setiuservalue(L, 3, 1);
        c->signal->aborted = 1;
        wfp_ops_abort(L, is_for, c->signal);
    }
    return 0;
}

static const luaL_Reg signal_methods[] = {
    { "throwIfAborted", l_signal_throw },
    { NULL, NULL },
};
static const luaL_Reg controller_methods[] = {
    { "abort", l_controller_abort },
    { NULL, NULL },
};
static const luaL_Reg statics[] = {
    { "abort", l_signal_abort },
    { "any", l_signal_any },
    { "timeout", l_signal_timeout },
    { NULL, NULL },
};
static const wfp_class_t signal_class = {
    "AbortSignal", signal_methods, signal_fields, l_signal_index, NULL, NULL,
};
static const wfp_class_t controller_class = {
    "AbortController",
    controller_methods,
    controller_fields,
    l_controller_index,
    NULL,
    NULL,
};

void wfp_api_open_abort(lua_State *L)
{
    wfp_class_global(L, "AbortController", l_controller_new, NULL);
    luaL_newlib(L, statics);
    lua_setglobal(L, "AbortSignal");
}
