/* SPDX-License-Identifier: Apache-2.0 */
#ifndef WFP_API_BODY_H
#define WFP_API_BODY_H

#include <apr_buckets.h>

#include "lua_runtime/api/classes.h"

/**
 * @file
 * The inside of a Body object, for body.c and body_read.c only.
 */

typedef enum {
    WFP_API_BODY_FRESH = 0,
    WFP_API_BODY_READING, /* by read() or chunks() */
    WFP_API_BODY_TAKEN    /* read as a whole or handed on */
} wfp_api_body_state_e;

/** User value 1: the function, nil for other sources; 2: the string, or what
 *  is left of a function's last chunk; 3: scratch for reading a lent body; 4:
 *  the AbortSignal that ends it, or nil */
#define WFP_API_BODY_SIGNAL 4
#define WFP_API_BODY_VALUES WFP_API_BODY_SIGNAL

typedef struct wfp_api_body_t {
    wfp_body_t *lent;
    apr_bucket_brigade *bb; /* what lent gave and nobody took yet */
    apr_uint32_t generation;
    wfp_api_body_state_e state;
    int ended;
    int awaited; /* a task waits for its next bytes */
    size_t pos;  /* in the string */
} wfp_api_body_t;

/** [-0, +0, v] The Body at idx, of this request. */
wfp_api_body_t *wfp_api_check_body(lua_State *L, int idx);

/** [-0, +0, v] Raise unless nobody has begun to read it. */
void wfp_api_need_fresh_body(lua_State *L, int idx);

/** [-0, +n, e] The methods that read: read(), chunks(), cancel(). */
int wfp_api_body_read(lua_State *L);
int wfp_api_body_chunks(lua_State *L);
int wfp_api_body_cancel(lua_State *L);

#endif
