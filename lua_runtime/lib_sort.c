/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.sort: a quicksort with the median of three as pivot, elements touched
 * through the API only, since a comparator may change the table under it. The
 * order of equal elements and the errors for an invalid order are those of the
 * stock library. Every comparison is a step. Called by lib_table.c.
 */
#include <limits.h>

#include "lua_runtime/lib.h"
#include "lua_runtime/lib_table.h"

/* sections smaller than this take the middle as pivot */
#define SMALL 100u

/* A sort under way. Stack: 1 the table, 2 the comparator or nil. */
typedef struct wfp_sort_t {
    lua_State *L;
    wfp_steps_t steps;
} wfp_sort_t;

typedef unsigned int wfp_index_t;

/* [-0, +0, e] Is the value at a less than the one at b (both negative)? */
static int is_less(wfp_sort_t *s, int a, int b)
{
    lua_State *L = s->L;
    int result;

    if (s->steps-- == 0) {
        wfp_lib_too_much(L);
    }
    if (lua_isnil(L, 2)) {
        return lua_compare(L, a, b, LUA_OPLT);
    }
    lua_pushvalue(L, 2);
    lua_pushvalue(L, a - 1);
    lua_pushvalue(L, b - 2);
    lua_call(L, 2, 1);
    result = lua_toboolean(L, -1);
    lua_pop(L, 1);
    return result;
}

/* [-2, +0, e] t[i] = the top, t[k] = the one below */
static void set_two(lua_State *L, wfp_index_t i, wfp_index_t k)
{
    lua_seti(L, 1, i);
    lua_seti(L, 1, k);
}

/* [-0, +0, e] Put t[a] and t[b] in order, a < b. */
static void order_two(wfp_sort_t *s, wfp_index_t a, wfp_index_t b)
{
    lua_geti(s->L, 1, a);
    lua_geti(s->L, 1, b);
    if (is_less(s, -1, -2)) {
        set_two(s->L, a, b);
    }
    else {
        lua_pop(s->L, 2);
    }
}

/* [-0, +0, e] t[lo] <= t[up] already; put t[p] where it belongs. */
static void order_middle(wfp_sort_t *s, wfp_index_t lo, wfp_index_t p,
                         wfp_index_t up)
{
    lua_State *L = s->L;

    lua_geti(L, 1, p);
    lua_geti(L, 1, lo);
    if (is_less(s, -2, -1)) {
        set_two(L, p, lo);
        return;
    }
    lua_pop(L, 1);
    lua_geti(L, 1, up);
    if (is_less(s, -1, -2)) {
        set_two(L, p, up);
    }
    else {
        lua_pop(L, 2);
    }
}

/* [-1, +0, e] Divide lo..up around the pivot, which is on the top and at
   up - 1. @return where it ends up */
static wfp_index_t divide(wfp_sort_t *s, wfp_index_t lo, wfp_index_t up)
{
    lua_State *L = s->L;
    wfp_index_t i = lo, k = up - 1;

    for (;;) {
        while (lua_geti(L, 1, ++i), is_less(s, -1, -2)) {
            if (i == up - 1) {
                luaL_error(L, "invalid order function for sorting");
            }
            lua_pop(L, 1);
        }
        while (lua_geti(L, 1, --k), is_less(s, -3, -1)) {
            if (k < i) {
                luaL_error(L, "invalid order function for sorting");
            }
            lua_pop(L, 1);
        }
        if (k < i) {
            lua_pop(L, 1);
            set_two(L, up - 1, i);
            return i;
        }
        set_two(L, i, k);
    }
}

/* Pivot of lo..up: the middle, moved by `noise` once divisions were bad. */
static wfp_index_t choose_pivot(wfp_index_t lo, wfp_index_t up,
                                wfp_index_t noise)
{
    wfp_index_t quarter = (up - lo) / 4;

    if (up - lo < SMALL || noise == 0) {
        return (lo + up) / 2;
    }
    return noise % (quarter * 2) + lo + quarter;
}

/* [-0, +0, e] Sort lo..up: recursion into the smaller part only. */
static void sort(wfp_sort_t *s, wfp_index_t lo, wfp_index_t up,
                 wfp_index_t noise)
{
    while (lo < up) {
        wfp_index_t p, smaller;

        order_two(s, lo, up);
        if (up - lo == 1) {
            break;
        }
        p = choose_pivot(lo, up, noise);
        order_middle(s, lo, p, up);
        if (up - lo == 2) {
            break;
        }
        lua_geti(s->L, 1, p);
        lua_pushvalue(s->L, -1);
        lua_geti(s->L, 1, up - 1);
        set_two(s->L, p, up - 1);
        p = divide(s, lo, up);
        if (p - lo < up - p) {
            smaller = p - lo;
            sort(s, lo, p - 1, noise);
            lo = p + 1;
        }
        else {
            smaller = up - p;
            sort(s, p + 1, up, noise);
            up = p - 1;
        }
        if ((up - lo) / 128 > smaller) {
            /* bad pivots: no need to be unguessable, the budget holds */
            noise = noise * 1103515245u + 12345u;
        }
    }
}

int wfp_lib_sort(lua_State *L)
{
    lua_Integer n = wfp_lib_table_length(L, 1,
                                         WFP_TABLE_READ | WFP_TABLE_WRITE);
    wfp_sort_t s;

    if (n <= 1) {
        return 0;
    }
    luaL_argcheck(L, n < INT_MAX, 1, "array too big");
    if (!lua_isnoneornil(L, 2)) {
        luaL_checktype(L, 2, LUA_TFUNCTION);
    }
    lua_settop(L, 2);
    luaL_checkstack(L, 40, NULL);
    s.L = L;
    s.steps = wfp_lib_steps(L);
    sort(&s, 1, (wfp_index_t)n, 0);
    return 0;
}
