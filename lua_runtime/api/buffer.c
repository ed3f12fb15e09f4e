/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing text in the arena, for the classes that build strings piece by
 * piece. Doubles; what it outgrew is garbage for the collector.
 */
#include "lua_runtime/api/buffer.h"

#include <lauxlib.h>
#include <string.h>

#include "lua_runtime/api/api.h"
#include "lua_runtime/meter.h"

void wfp_buffer_init(wfp_buffer_t *b, lua_State *L)
{
    lua_pushnil(L);
    b->L = L;
    b->idx = lua_gettop(L);
    b->data = b->first;
    b->n = 0;
    b->room = sizeof(b->first);
    b->max = wfp_meter_result_max(wfp_isolate_of(L));
}

char *wfp_buffer_reserve(wfp_buffer_t *b, size_t n)
{
    size_t room = b->room;
    char *data;

    if (n <= room - b->n) {
        return b->data + b->n;
    }
    if (n > b->max || b->n > b->max - n) {
        wfp_api_error(b->L, "RangeError", NULL, "result too large");
    }
    while (room - b->n < n) {
        room *= 2;
    }
    luaL_checkstack(b->L, 1, NULL);
    data = lua_newuserdatauv(b->L, room, 0);
    memcpy(data, b->data, b->n);
    lua_replace(b->L, b->idx);
    b->data = data;
    b->room = room;
    return data + b->n;
}

void wfp_buffer_add(wfp_buffer_t *b, const char *s, size_t n)
{
    memcpy(wfp_buffer_reserve(b, n), s, n);
    b->n += n;
}

void wfp_buffer_push(wfp_buffer_t *b)
{
    lua_pushlstring(b->L, b->data, b->n);
}
