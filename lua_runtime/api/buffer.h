/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_BUFFER_H
#define WFP_API_BUFFER_H

#include <lua.h>

/**
 * @file
 * Text that grows in the isolate's arena while other values come and go on
 * Lua's stack (luaL_Buffer would want the top for itself). Nothing needs to be
 * given back when the isolate is left.
 */

typedef struct wfp_buffer_t {
    lua_State *L;
    int idx; /* stack slot that anchors data */
    char *data;
    size_t n;
    size_t room;
    size_t max; /* most bytes it may hold */
    char first[512];
} wfp_buffer_t;

/** [-0, +1, m] Push the slot that the buffer lives in. */
void wfp_buffer_init(wfp_buffer_t *b, lua_State *L);

/** [-0, +0, v] Make room for n more bytes and return where they go; RangeError
 *  "result too large" beyond what the meter allows. */
char *wfp_buffer_reserve(wfp_buffer_t *b, size_t n);

/** [-0, +0, v] Append bytes. */
void wfp_buffer_add(wfp_buffer_t *b, const char *s, size_t n);

/** [-0, +0, v] Append one byte. */
static inline void wfp_buffer_byte(wfp_buffer_t *b, char c)
{
    if (b->n == b->room) {
        (void)wfp_buffer_reserve(b, 1);
    }
    b->data[b->n++] = c;
}

/** [-0, +1, m] Push the text. */
void wfp_buffer_push(wfp_buffer_t *b);

#endif
